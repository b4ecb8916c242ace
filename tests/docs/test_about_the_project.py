"""Version, licence, citation and checks say the same wherever they stand."""

import re
import tomllib

import yaml

from helpers.tiny_study import ROOT


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(text("pyproject.toml"))["project"]


def test_version_and_licence_agree():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "BSD-3-Clause"
    released = re.findall(r"^## (\d\S*)", text("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == PROJECT["version"]
    assert text("LICENSE").startswith("BSD 3-Clause License")


def test_the_paper_is_cited():
    (paper,) = yaml.safe_load(text("CITATION.cff"))["references"]
    assert paper["title"] == "Unveiling the Hessian's Connection to the Decision Boundary"
    names = [author["family-names"] for author in paper["authors"]]
    assert names == ["Sabanayagam", "Behrens", "Adomaityte", "Dawid"]
    assert "2306.07104" in paper["url"]


def test_each_commit_is_checked_as_make_check_does():
    recipe = text("Makefile").split("\ncheck:")[1].split("\n\n")[0]
    checks = [line.strip().removeprefix("$(BIN)/") for line in recipe.splitlines()[1:]]
    assert len(checks) >= 4
    (local,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert local["repo"] == "local"
    entries = [hook["entry"].removeprefix(".venv/bin/") for hook in local["hooks"]]
    assert [entry.replace(" --force-exclude", "") for entry in entries] == [
        check.removesuffix(" .") for check in checks
    ]
