"""The text of config.yaml, before anything is made of it."""

from pathlib import Path

import pytest
import yaml

from helpers.tiny_study import ROOT, TinyStudy
from hessian_study.configuration.error import ConfigurationError, check_known
from hessian_study.configuration.file import check_file, in_its_file, with_own_files


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
        (
            "a: {b: 1\nc: 2\n",
            r"expected YAML in UTF-8, found: while parsing a flow mapping(.|\n)*line 2",
        ),
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


def test_a_further_file_is_checked_too(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    file = tmp_path / "mine.json"
    file.write_text('{\n\t"drawn_seed": 0,\n\t"drawn_seed": 1\n}\n')
    result = study.run("--dry-run", "table1", "--configfile", str(file))
    assert result.returncode != 0
    message = f"{file}, line 3: expected every key once, found 'drawn_seed' again, after line 2"
    assert message in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("error", "file"),
    [
        (ConfigurationError("a.b", "odd"), "second"),
        (ConfigurationError("a.c", "odd"), "first"),
        (ConfigurationError("a", "unknown key", key="new"), "second"),
        (ConfigurationError("top level", "unknown key", key="e"), "first"),
        (ConfigurationError("list.1", "odd"), "first"),
        (ConfigurationError("seed", "odd"), "--config"),
        (ConfigurationError("a.c.deeper", "odd"), "first"),
        (ConfigurationError("a.b", "odd", profile="quick"), "first"),
        (ConfigurationError("nowhere", "odd"), "config.yaml"),
        (ConfigurationError("top level", "'tables' is a required property"), "second"),
    ],
)
def test_an_error_names_the_file_that_the_key_stands_in(
    tmp_path: Path, error: ConfigurationError, file: str
) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(
        "a: {b: 1, c: 2}\ne: 1\nlist: [1, 2]\nseed: 1\nprofiles: {quick: {changes: {a: {b: 3}}}}\n"
    )
    second.write_text("a: {b: 2, new: 3}\n")
    found = in_its_file(error, [first, second], {"seed": 2})
    assert Path(found.file).stem == file.removesuffix(".yaml")
    assert str(found).startswith(f"{found.file}")


def test_an_error_without_a_place_is_left_as_it_is() -> None:
    assert str(in_its_file(ConfigurationError("", "all is odd"), [], {})) == "all is odd"


# kind of mistake -> what the user's file says, and how the message goes on after the file's name
MISTAKES = {
    "schema": (
        {"experiments": {"gaussian": {"normal": {"epochs": -1}}}},
        "experiments.gaussian.normal.epochs: -1 is less",
    ),
    "unknown key": ({"alignment": {"grid": 3}}, "alignment: unknown key 'grid'"),
    "reference": (
        {"figures": {"mine": {"layout": "data_sets", "experiments": ["iris/norml"]}}},
        "figures.mine: 'iris/norml' does not exist; did you mean 'iris/normal'?",
    ),
    "option": (
        {"experiments": {"iris": {"normal": {"architecture": {"hiden": [5]}}}}},
        "experiments.iris.normal.architecture: 'hiden' does not exist; did you mean 'hidden'?",
    ),
    "change of a profile": (
        {"profiles": {"tiny": {"changes": {"alignment": {"grid": 3}}}}},
        "profiles.tiny.changes.alignment: 'grid' does not exist",
    ),
    "value in a profile": (
        {"profiles": {"tiny": {"changes": {"alignment": {"grid_resolution": 1}}}}},
        "alignment.grid_resolution: 1 is less",
    ),
    "while planning": ({"datasets": {"iris": {"files": ["."]}}}, "datasets.iris.files: expected"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_the_workflow_names_the_users_file(tmp_path: Path, kind: str) -> None:
    study = TinyStudy(tmp_path)
    content, message = MISTAKES[kind]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(content))
    whole = str(study.write_config())
    result = study.run(
        "--dry-run", "results/tiny/iris/dataset.zarr.zip", "--configfile", whole, str(file)
    )
    assert result.returncode != 0
    profile = " with profile tiny" * (kind == "value in a profile")
    assert f"{file}{profile}, {message}" in result.stdout + result.stderr


def test_a_study_that_replaces_the_projects_is_blamed_for_what_it_lacks(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    del study.config["datasets"]
    result = study.run("--dry-run", "fig01", "--replace-workflow-config")
    message = f"{tmp_path}/config.json, top level: 'datasets' is a required property"
    assert message in result.stdout + result.stderr


def test_a_name_where_none_is_known_says_so() -> None:
    with pytest.raises(ConfigurationError, match="does not exist; there is none to name here"):
        check_known("experiments.a.b.architecture", "hidden", [])


def test_text_in_another_encoding_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes("# größer\na: 1\n".encode("latin-1"))
    with pytest.raises(
        ConfigurationError, match=r"config\.yaml: expected YAML in UTF-8, found: .*utf"
    ):
        check_file(str(file))


def test_keys_that_are_lists_are_not_compared(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("? [a, b]\n: 1\nc: 2\n")
    check_file(str(file))  # whose names are refused by `check_values`


def test_code_named_on_the_command_line_is_relative_to_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    file = tmp_path / "sub" / "mine.yaml"
    file.write_text("datasets: {a: {generator: ./in_the_file.py}}\n")
    said = {"datasets": {"a": {"generator": "./said.py"}}}
    for command_line, folder in ((said, "."), ({}, "sub")):
        found = with_own_files(said, [file], command_line)["datasets"]["a"]["generator"]
        assert Path(found) == Path(folder, "said.py")
