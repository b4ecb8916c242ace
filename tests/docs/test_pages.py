"""The documentation builds with every link checked, and nothing in it is left out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from helpers.tiny_study import ROOT
from page_parts import PARTS


def build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    result = build(ROOT, "--site-dir", str(folder))
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_every_page_is_built(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in ROOT.glob("docs/**/*.md")}
    built = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    assert pages <= built


def test_nothing_is_loaded_from_elsewhere(site):
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|link rel="stylesheet")[^>]*(?:src|href)="([^"]+)"', page.read_text()
        )
        assert [address for address in loaded if "//" in address] == [], page


def test_formulas_are_set(site):
    pages = [page.read_text(encoding="utf-8") for page in site.rglob("*.html")]
    assert sum(page.count("<math") for page in pages) > 20
    assert not any('class="arithmatex"' in page for page in pages)
    formulas = [formula for page in pages for formula in re.findall("<math.*?</math>", page)]
    assert [formula for formula in formulas if "\\" in formula] == []  # an unknown command


def test_no_part_is_left_out(site):
    marked = re.findall(
        r"<!-- made by (\w+) -->",
        "".join(page.read_text(encoding="utf-8") for page in ROOT.glob("docs/**/*.md")),
    )
    assert sorted(marked) == sorted(PARTS)
    assert not any("<!-- made by" in page.read_text() for page in site.rglob("*.html"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[gone](gone.md)", "gone.md"),
        ("[gone](index.md#gone)", "#gone"),
        ("<!-- made by nobody -->", "expected a part among"),
    ],
)
def test_a_mistake_in_a_page_is_found(tmp_path, text, complaint):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# Title\n\n{text}\n")
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    config |= {"nav": [{"Start": "index.md"}], "hooks": [str(ROOT / "docs" / "hooks.py")]}
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(config))
    result = build(tmp_path)
    assert result.returncode != 0
    assert complaint in result.stdout + result.stderr
