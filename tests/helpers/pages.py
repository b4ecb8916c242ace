"""The project's pages of text, and what stands in them: code blocks, links, paths, commands."""

import re
from collections.abc import Iterator
from pathlib import Path

from helpers.tiny_study import ROOT

DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "results" / "README.md", *DOCS]
FOLDERS = ("pipeline", "workflow", "profiles", "benchmarks", "examples", "docs", "tests")

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


def name(page: Path) -> str:
    """What a test of the page is called."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a language ("" for those without one)."""
    text = page.read_text(encoding="utf-8")
    return [code for found, code in _BLOCK.findall(text) if found == language]


def links(page: Path) -> list[str]:
    """Return the targets of links and images that stay in the project, without their anchors."""
    targets = _LINK.findall(_BLOCK.sub("", page.read_text(encoding="utf-8")))
    return [target.split("#")[0] for target in targets if "://" not in target]


def paths(page: Path) -> Iterator[str]:
    """Yield each path of the project that stands between backticks, without placeholders."""
    for code in _CODE.findall(_BLOCK.sub("", page.read_text(encoding="utf-8"))):
        words = code.split("::")[0]
        if words.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and not re.search(
            r"[ <>*…]|NAME|/mine", words
        ):
            yield words


def commands(page: Path, program: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of a program, in blocks and between backticks."""
    text = page.read_text(encoding="utf-8")
    inline = _CODE.findall(_BLOCK.sub("", text))
    lines = [line for code in blocks(page, "") for line in code.splitlines()]
    for line in [*inline, *lines]:
        line = line.split("  #")[0].strip().removeprefix(".venv/bin/").removeprefix("python -m ")
        if line.split(" ")[0] == program:
            yield line.split()[1:]
