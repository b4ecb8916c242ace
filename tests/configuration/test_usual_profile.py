"""A study that names no profile has the one called as its file is."""

import re
from pathlib import Path

import pytest

from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.profiles import usual_profile


def test_a_profile_is_called_as_the_first_file_is(tmp_path: Path) -> None:
    for name in ("my_iris.yaml", "other.yml"):
        (tmp_path / name).touch()
    assert usual_profile([tmp_path / "my_iris.yaml", tmp_path / "other.yml"]) == "my_iris"
    assert usual_profile([str(tmp_path / "other.yml")]) == "other"
    assert usual_profile([]) == "study"


@pytest.mark.parametrize("name", ["My iris.yaml", "2nd.yml", "_a.yaml"])
def test_a_name_that_no_folder_of_results_has_is_refused(tmp_path: Path, name: str) -> None:
    message = "expected a study's file with a name of lower-case letters, digits and _, a letter "
    with pytest.raises(ConfigurationError, match=f"{message}first.*found {re.escape(name)}"):
        usual_profile([tmp_path / name])


@pytest.mark.parametrize("name", ["iris.yaml", "iris.yml"])
def test_two_studies_with_one_folder_of_results_are_refused(tmp_path: Path, name: str) -> None:
    for twin in ("iris.yaml", "iris.yml"):
        (tmp_path / twin).touch()
    other = {"iris.yaml": "iris.yml", "iris.yml": "iris.yaml"}[name]
    message = f"go to results/iris, found {name} and {other} in {tmp_path}; rename one of them"
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        usual_profile([tmp_path / name])
