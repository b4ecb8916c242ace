"""Files in a configuration: names of one's own code, its options, and the file of an error."""

import copy
from pathlib import Path

import pytest
import yaml

from helpers.own_configuration import own
from hessian_study.configuration.error import ConfigurationError, check_module
from hessian_study.configuration.file import in_its_file
from hessian_study.configuration.study import Study, completed
from hessian_study.project import planned_elsewhere, work_folder


def test_names_of_files_are_relative_to_the_file_that_they_stand_in(tmp_path: Path) -> None:
    base, later = tmp_path / "base" / "base.yaml", tmp_path / "study.yaml"
    base.parent.mkdir()
    figure = {"layout": "layouts/mine.py", "experiments": ["moons/plain"]}
    one = own(
        net={"like": "plain", "architecture": {"name": "./net.py", "about": "notes.py"}},
        same={"like": "net"},
    )
    one["datasets"]["moons"] = {"generator": "a.py", "parameters": {"name": "kept.py"}}
    two = {"datasets": {"moons": {"generator": "b.py"}}, "figures": {"maps": figure}}
    base.write_text(yaml.safe_dump(one))
    later.write_text(yaml.safe_dump(two))
    merged = copy.deepcopy(one)
    merged["datasets"]["moons"]["generator"] = "b.py"
    merged["figures"] = {"maps": figure}
    with planned_elsewhere(tmp_path / "results here"):
        study = completed(merged, [base, later])
        assert work_folder() == tmp_path / "results here"
    assert work_folder() == Path.cwd()
    assert study["datasets"]["moons"]["generator"] == "../b.py"
    assert study["datasets"]["moons"]["parameters"] == {"name": "kept.py"}
    for name in ("net", "same"):
        found = study["experiments"]["moons"][name]["architecture"]
        assert found == {"name": "../base/net.py", "about": "notes.py"}
    assert study["figures"]["maps"]["layout"] == "../layouts/mine.py"
    merged["datasets"]["moons"]["generator"] = "c.py"  # as the command line has it
    with planned_elsewhere(tmp_path):
        assert completed(merged, [])["datasets"]["moons"]["generator"] == "c.py"


def test_errors_name_the_file_through_like_and_defaults(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    config = own(
        base={"like": "plain", "start": {"norm_of": "moons/missing"}}, far={"like": "base"}
    )
    file.write_text(yaml.safe_dump(config))
    with pytest.raises(ConfigurationError) as error:
        Study(config, [file])
    found = str(in_its_file(error.value, [file], {}))
    assert found.startswith(f"{file}, experiments.moons.base.start: 'moons/missing' does not")


def test_names_without_a_suffix_are_those_of_shipped_modules() -> None:
    check_module("place", "any where/net.py", [])
    for name in ("os", "net.pyc", "hessian_boundary.losses.per_sample"):
        with pytest.raises(ConfigurationError, match=rf"place: '{name}' does not exist"):
            check_module("place", name, ["mlp"])
    config = own(odd={"architecture": {"name": "json.tool"}})
    with pytest.raises(
        ConfigurationError, match=r"architecture\.name: 'json\.tool' does not exist"
    ):
        Study(config)


def test_options_of_a_file_are_checked_against_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text("raise SystemExit\ndef build(shape, classes, *, width): ...\n")
    with pytest.raises(ConfigurationError, match=r"'widht' does not exist; did you mean 'width'"):
        Study(own(mine={"architecture": {"name": "net.py", "widht": 3}}))
    Study(own(mine={"architecture": {"name": "missing.py", "widht": 3}}))  # its own steps say so
    Path("layout.py").write_text("ARTIFACTS = ('dataset',)\nNEEDED = ('columns',)\n")
    figure = {"layout": "layout.py", "experiments": ["moons/plain"]}
    with pytest.raises(ConfigurationError, match=r"figures\.mine: expected 'columns', which the"):
        Study({**own(), "figures": {"mine": figure}})
