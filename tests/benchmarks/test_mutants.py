"""How the project is laid out for mutation tests, and how their outcomes are counted."""

from pathlib import Path

import pytest
from benchmarks.mutants import BESIDE, ROOMS, is_wording, main, outcomes, prepare, summary

from hessian_study.project import ROOT


def test_every_room_has_code_and_tests_of_its_own() -> None:
    for room in ROOMS:
        assert list((ROOT / "pipeline/hessian_boundary" / room).glob("*.py"))
        assert list((ROOT / "tests" / room).glob("test_*.py"))
        assert all((ROOT / "tests" / name).is_file() for name in BESIDE[room])


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


def difference(old: str, new: str) -> str:
    return f"--- a.py\n+++ a.py\n@@ -1,3 +1,3 @@\n     x = 1\n-    {old}\n+    {new}\n"


def test_a_change_of_wording_is_told_from_one_of_numbers() -> None:
    assert is_wording(difference('return f(x, {"long_name": "a"})', 'return f(x, {"XX": "a"})'))
    assert not is_wording(difference("return x + 1", "return x - 1"))
    assert not is_wording(difference('return f(x, "a")', 'return f(None, "a")'))
    assert not is_wording(difference("return f(", "return g("))
    assert is_wording(difference("f\"{x} is no 'name'\",", "f\"XX{x} is no 'name'XX\","))


def test_outcomes_are_counted() -> None:
    found = outcomes(
        ["", "    a.x_f__mutmut_1: killed", "b: survived", "c: no tests", "d: timeout"]
    )
    assert found == {
        "a.x_f__mutmut_1": "killed",
        "b": "survived",
        "c": "no tests",
        "d": "timeout",
    }
    survivors = {"b": difference("return 'a'", "return 'A'"), "c": difference("x < 1", "x <= 1")}
    line = "room: 2 of 4 killed; 1 survived, further 1 of wording only"
    assert summary("room", found, survivors) == line


def test_a_room_that_is_not_there_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"expected rooms among curvature, .*, found kitchen"):
        main(["statistics", "kitchen"])
