"""The text of config.yaml, before anything is made of it."""

from pathlib import Path

import pytest

from helpers.tiny_study import ROOT, TinyStudy
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.file import check_file


def test_the_projects_file_says_everything_once() -> None:
    check_file(str(ROOT / "config.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb: {c: 1}\na: 2\n",
            r"line 3: expected every key once, found 'a' again, after",
        ),
        ("a:\n  - b: {c: 1,\n     d: 2, c: 3}\n", r"line 3: .* found 'c' again, after line 2"),
        ("a: {b: 1\nc: 2\n", r"expected YAML, found: while parsing a flow mapping(.|\n)*line 2"),
    ],
)
def test_repeated_keys_and_other_mistakes_are_named_with_their_line(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        check_file(str(file))


@pytest.mark.parametrize(
    "text", ["", "a: {b: 1}\nc: {b: 1}\n", "x: &x {a: 1}\ny: {<<: *x, a: 2}\n"]
)
def test_the_same_key_in_different_places_is_no_mistake(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    check_file(str(file))


def test_the_workflow_refuses_such_a_file(tmp_path: Path) -> None:
    study = TinyStudy.with_own_code(tmp_path)
    file = study.code / "config.yaml"
    file.write_text(file.read_text() + "\ntables: {}\n")
    result = study.run("--dry-run", "table1")
    assert result.returncode != 0
    assert "expected every key once, found 'tables' again" in result.stdout
