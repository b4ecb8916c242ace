"""A step refuses what is not what the run was planned with: inputs and code, and says which.

One tiny training is finished; each test then edits, replaces or damages something before or while
a step runs, as real as it gets, and looks at what the step and the next plan say.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.damages import flip_byte, halve, in_silence
from helpers.one_training import MEASURES, MODEL, RUN, SPECTRUM, TABLE, TARGET
from helpers.strikes import held
from helpers.tiny_study import TinyStudy

ALIGNMENT = f"{RUN}/alignment_samples.zarr.zip"
DATASET = "results/tiny/iris/dataset.zarr.zip"
MEASURE_AND_TABLE = [("measure", "iris", "normal", "0"), ("table2", "", "", "")]
G_THETA = "pipeline/hessian_boundary/measures/g_theta.py"


def edit(study: TinyStudy, file: str, more: str) -> Callable[[], None]:
    """Add to a file of the code; return how to take it back."""
    path = study.code / file
    text = path.read_text()
    path.write_text(text + more)

    def undo() -> None:
        path.write_text(text)

    return undo


def refused(study: TinyStudy, target: str) -> str:
    """Make a target, which must fail; return what the failed step said."""
    result = study.run(target, "--show-failed-logs")
    assert result.returncode != 0
    assert not (study.directory / target).exists()
    return result.stderr + result.stdout


# inputs that were damaged or rewritten in silence, without a new time


def halve_alignment(folder: Path) -> tuple[str, str]:
    halve(folder / ALIGNMENT, "alignment")
    return ALIGNMENT, MEASURES


def halve_parameters(folder: Path) -> tuple[str, str]:
    halve(folder / MODEL, "parameters")
    return MODEL, SPECTRUM


def other_store(folder: Path) -> tuple[str, str]:
    shutil.copy(folder / DATASET, folder / MODEL)
    return MODEL, SPECTRUM


def change_a_digit(folder: Path) -> tuple[str, str]:
    path = folder / MEASURES
    text = path.read_text()
    changed = text.replace("0", "1", 1) if "0" in text else text.replace("1", "2", 1)
    path.write_text(changed)
    return MEASURES, TABLE


def drop_a_row(folder: Path) -> tuple[str, str]:
    path = folder / MEASURES
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    return MEASURES, TABLE


CHANGES = (halve_alignment, halve_parameters, other_store, change_a_digit, drop_a_row)


@pytest.mark.parametrize("change", CHANGES)
def test_an_input_that_was_changed_in_silence_is_refused(
    study: TinyStudy, change: Callable[[Path], tuple[str, str]]
) -> None:
    names = {halve_alignment: ALIGNMENT, halve_parameters: MODEL, other_store: MODEL}
    with in_silence(study.directory / names.get(change, MEASURES)):
        path, reader = change(study.directory)
    (study.directory / reader).unlink()
    assert f"expected the input {path} as it was made" in refused(study, reader)


# what happens while a job runs


@pytest.mark.slow
def test_code_edited_while_the_workflow_runs_is_refused_and_taken_back_is_made(
    study: TinyStudy,
) -> None:
    before = study.artifacts()
    for path in (MODEL, MEASURES):
        (study.directory / path).unlink()
    with held(study, MEASURES) as running:  # in its training
        undo = edit(study, G_THETA, "\nNEW_CONSTANT = 1\n")
        (study.directory / "go on").touch()
        assert running.wait(timeout=120) != 0
    log = (study.directory / "logs/tiny/measure/iris/normal/seed0/measure.log").read_text()
    assert "found other code" in log
    assert f"Edited last: {study.code / G_THETA}" in log
    undo()
    assert {job[0] for job in study.planned(TARGET)} >= {"measure", "table2"}
    assert study.run(TARGET).returncode == 0
    assert study.artifacts() == before


def test_a_running_step_does_not_see_an_edit(study: TinyStudy) -> None:
    before = study.artifacts()
    (study.directory / MODEL).unlink()
    with held(study, MODEL) as running:
        edit(study, "pipeline/hessian_boundary/artifacts/store.py", "\nraise SystemExit(1)\n")()
        undo = edit(study, "pipeline/hessian_boundary/training/run.py", "\nraise SystemExit(1)\n")
        (study.directory / "go on").touch()
        assert running.wait(timeout=120) == 0
    undo()
    assert study.artifacts() == before
    assert study.planned(TARGET) == []


@pytest.mark.parametrize("put_back", [False, True])
def test_an_input_replaced_while_the_step_runs_is_refused(study: TinyStudy, put_back: bool) -> None:
    (study.directory / MODEL).unlink()
    dataset = study.directory / DATASET
    content = dataset.read_bytes()
    with held(study, MODEL) as running:
        with in_silence(dataset):
            flip_byte(dataset, len(content) // 2)
            if put_back:
                dataset.write_bytes(content)
        (study.directory / "go on").touch()
        assert running.wait(timeout=120) != 0
    assert not (study.directory / MODEL).exists()
    log = (study.directory / "logs/tiny/train/iris/normal/seed0.log").read_text()
    assert f"expected the input {DATASET} to stay as it was while the step ran" in log


def test_relative_imports_count(study: TinyStudy) -> None:
    shift = study.code / "pipeline/hessian_boundary/measures/shift.py"
    shift.write_text("SHIFT = 1\n")
    path = study.code / G_THETA
    first, rest = path.read_text().split('"""\n', 1)
    path.write_text(f'{first}"""\nfrom .shift import SHIFT\n{rest}')
    assert study.run(TARGET).returncode == 0
    assert study.planned(TARGET) == []
    shift.write_text("SHIFT = 2\n")
    assert study.planned(TARGET) == MEASURE_AND_TABLE
