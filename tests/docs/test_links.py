"""What the pages point to is there."""

import re
from importlib import import_module

import pytest

from helpers.pages import DOCS, PAGES, commands, links, name, paths
from helpers.tiny_study import ROOT, TinyStudy

ON_EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=name)


def test_there_are_pages_with_links_and_paths():
    assert len(DOCS) >= 15
    assert sum(len(links(page)) for page in PAGES) >= 30
    assert sum(len(list(paths(page))) for page in PAGES) >= 30


@ON_EACH_PAGE
def test_links_lead_to_files(page):
    missing = [target for target in links(page) if not (page.parent / target).exists()]
    assert missing == []


@ON_EACH_PAGE
def test_paths_in_the_text_are_those_of_the_project(page):
    assert [path for path in paths(page) if not (ROOT / path).exists()] == []


def test_modules_in_the_table_of_results_are_there():
    text = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if ".smk`" in line and line.startswith("|")]
    assert len(rows) >= 12
    for row in rows:
        rules, modules = row.strip("| ").split("|")[2:]
        file, *names = re.findall(r"`([^`]+)`", rules)
        source = (ROOT / "workflow" / "rules" / file).read_text(encoding="utf-8")
        for made in names if file != "tables.smk" else ():  # there, one rule for each table
            assert f"rule {made}:" in source, row
        for module in re.findall(r"`([^`]+)`", modules):
            assert (ROOT / "pipeline" / "hessian_boundary" / module).is_file(), row


@ON_EACH_PAGE
def test_make_knows_its_targets(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    words = {word for call in commands(page, "make") for word in call}
    settings = {word.split("=")[0] for word in words if "=" in word}
    assert {word for word in words if "=" not in word} - known == set()
    assert settings - set(re.findall(r"\$\((?:if |or \$\()?(\w+)", makefile)) == set()


def test_snakemake_knows_every_target_that_a_page_asks_for(tmp_path):
    """All of them at once: one plan in an empty folder."""
    asked: set[str] = set()
    for page in PAGES:
        for call in commands(page, "snakemake"):
            targets = call[: call.index("--config")] if "--config" in call else call
            asked |= {word for word in targets if re.fullmatch(r"[a-z]+\d*", word)}
    assert {"fig01", "fig26", "table1", "table2", "claims", "report", "precision"} <= asked
    result = TinyStudy(tmp_path).run("--dry-run", *sorted(asked))
    assert result.returncode == 0, result.stderr


def test_the_command_has_what_pages_ask_of_it(capsys):
    command = import_module("hessian_study.commands.main")
    asked: dict[str, set[str]] = {}
    for page in PAGES:
        for first, *others in filter(None, commands(page, "hessian-boundary")):
            words = (word.strip("[],") for word in others)
            options = {word for word in words if word.startswith("--")}
            if first == "inspect":
                options |= {word for word in others if word in ("list", "show", "compare")}
            asked.setdefault(first, set()).update(options)
    assert set(asked) >= {"run", "inspect", "verify", "clean", "open"}
    assert set(asked) <= {"run", *command.COMMANDS}
    for first in set(asked) - {"run"}:  # its options are Snakemake's
        with pytest.raises(SystemExit, match="0"):
            command.main([first, "--help"])
        text = capsys.readouterr().out
        assert {option for option in asked[first] if option not in text} == set()
