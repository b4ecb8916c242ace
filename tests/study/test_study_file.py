"""Which file a command is about, by its arguments and the current folder."""

import argparse
import json
from pathlib import Path

import pytest

from helpers.own_configuration import own
from hessian_study.commands.main import main
from hessian_study.commands.options import study_arguments
from hessian_study.configuration.study import Study
from hessian_study.study_file import SAID, StudyFileError, snakemake_arguments, taken


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_first_argument_that_is_yaml_is_the_study(folder: Path) -> None:
    (folder / "mine.yml").touch()
    (folder / "study.yaml").touch()
    assert taken(["mine.yml", "fig01", "-n"]) == (folder / "mine.yml", ["fig01", "-n"])
    assert snakemake_arguments(folder / "mine.yml")[-1] == str(folder)


def test_without_one_it_is_the_usual_file_or_the_projects(folder: Path) -> None:
    assert taken(["fig01"]) == (None, ["fig01"])
    assert snakemake_arguments(None) == []
    (folder / "study.yaml").touch()
    assert taken(["fig01"]) == (folder / "study.yaml", ["fig01"])
    assert taken(["fig01", "--configfile", "other.yaml"])[0] is None
    assert taken(["fig01", "--configfile=other.yaml"])[0] is None


@pytest.mark.parametrize("option", SAID)
def test_a_study_beside_an_option_that_names_another_is_refused(
    folder: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "study.yaml").touch()
    with pytest.raises(StudyFileError, match=f"expected the study study.yaml without {option}"):
        taken(["study.yaml", "fig01", option, "other"])
    assert main(["run", "study.yaml", option, "other"]) != 0
    assert option in capsys.readouterr().err


def test_a_link_to_a_study_has_its_results_beside_it_and_its_code_beside_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, mine = folder / "shared/any.yaml", folder / "mine/study.yaml"
    config = own()
    config["datasets"]["moons"] = {"generator": "./my_moons.py"}
    for file in (shared, mine):
        file.parent.mkdir()
    shared.write_text(json.dumps(config))
    mine.symlink_to(shared)
    assert taken(["mine/study.yaml"])[0] == mine
    monkeypatch.chdir(mine.parent)
    assert taken([])[0] == mine
    options = {"directory": mine.parent, "profile": None, "set_scatter": [], "study": mine}
    assert str(mine) in study_arguments(argparse.Namespace(configfile=[mine], **options))
    study = Study(config, [mine])
    assert study.profile == "study"
    assert study.dataset("moons")["generator"] == "../shared/my_moons.py"


def test_results_of_another_study_in_the_folder_are_no_orphans(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        file, config = folder / f"{name}.yaml", own(**{name: {"like": "plain"}})
        file.write_text(json.dumps(config))
        results = folder / "results" / Study(config, [file]).profile
        model = results / "moons" / name / "seed0/model.zarr.zip"
        model.parent.mkdir(parents=True)
        model.touch()
    assert main(["clean", "b.yaml", "--orphans", "--yes"]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"


def test_a_study_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(StudyFileError, match=r"expected a study in mine.yaml, found no file in"):
        taken(["mine.yaml"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c1", "other.yaml"],
        ["--profile", "x", "other.yaml"],
        ["fig01", "folder/mine.yml"],
        ["study.yaml", "other.yaml"],
    ],
)
def test_a_study_that_is_not_the_first_argument_is_refused(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "folder").mkdir()
    for name in ("study.yaml", "other.yaml", "folder/mine.yml"):
        (folder / name).touch()
    with pytest.raises(StudyFileError, match=f"found {arguments[-1]} behind .*; put the study fir"):
        taken(arguments)
    assert main(["verify", *arguments]) == 2
    assert "put the study first" in capsys.readouterr().err


def test_other_words_that_end_so_are_targets_and_values_of_options(folder: Path) -> None:
    (folder / "other.yaml").touch()
    for words in (
        ["fig01", "no_file.yaml"],
        ["fig01", "--workflow-profile", "other.yaml"],
        ["fig01", "--some-option=other.yaml"],
        ["fig01", "--configfile", "other.yaml"],
    ):
        assert taken(words) == (None, words)
