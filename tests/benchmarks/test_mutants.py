"""How the project is laid out for mutation tests, and how their outcomes are counted."""

from pathlib import Path

import pytest
from benchmarks.mutants import ROOMS, main, outcomes, prepare

from hessian_study.project import ROOT


def test_every_room_has_code_and_tests_of_its_own() -> None:
    for room in ROOMS:
        assert list((ROOT / "pipeline/hessian_boundary" / room).glob("*.py"))
        assert list((ROOT / "tests" / room).glob("test_*.py"))


def test_one_room_is_laid_out_with_its_tests(tmp_path: Path) -> None:
    folder = tmp_path / "statistics"
    (folder / "old").mkdir(parents=True)
    prepare("statistics", folder)
    assert not (folder / "old").exists()
    settings = (folder / "setup.cfg").read_text()
    assert "only_mutate=\n    src/hessian_boundary/statistics/*" in settings
    assert "pytest_add_cli_args_test_selection=\n    tests/statistics" in settings
    assert (folder / "src/hessian_boundary/statistics/effect.py").is_file()
    assert (folder / "tests/statistics/test_effect.py").is_file()
    for line in settings.split("also_copy=")[1].split():
        assert (folder / line).exists(), line


def test_outcomes_are_counted() -> None:
    found = outcomes(["", "    a.x_f__mutmut_1: killed", "b: survived", "c: no tests", "d: killed"])
    assert found == {"killed": 2, "survived": 1, "no tests": 1}


def test_a_room_that_is_not_there_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"expected rooms among curvature, .*, found kitchen"):
        main(["statistics", "kitchen"])
