"""What goes wrong while the workflow runs: nothing half-made or stale is ever taken for a result.

The faults are real. One copy of the code makes Table 2 from one tiny training; each test then
deletes an artifact or edits a setting, strikes while that is made again, and runs once more: the
results must be, byte for byte, those of a run that nothing disturbed.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from helpers.disks import fill, mounted, read_only
from helpers.marks import THOROUGH
from helpers.one_training import MEASURES, MODEL, SPECTRUM, TABLE, TARGET, one_training
from helpers.strikes import (
    IN_A_WRITE,
    IN_EIGENDECOMPOSITION,
    IN_TRAINING,
    KILL_ALL,
    KILL_JOB,
    held,
    is_alive,
    struck,
    wait_until,
)
from helpers.tiny_study import TinyStudy

MODEL_AND_BELOW = {"train", "diagonalise", "align_samples", "measure", "table2"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    return one_training(tmp_path_factory.mktemp("study"), curvature__method="range")


def temporaries(study: TinyStudy) -> list[Path]:
    return list(study.results.rglob("*.tmp"))


def rules(study: TinyStudy, target: str = TARGET) -> set[str]:
    return {job[0] for job in study.planned(target)}


# a job that is killed


@pytest.mark.parametrize(
    ("function", "call", "artifact"),
    [
        pytest.param(*IN_TRAINING, marks=pytest.mark.slow),
        pytest.param(*IN_EIGENDECOMPOSITION, marks=THOROUGH),
        IN_A_WRITE,
    ],
)
def test_a_killed_job_leaves_nothing_half_made(
    study: TinyStudy, function: str, call: int, artifact: str
) -> None:
    before = study.artifacts()
    (study.directory / artifact).unlink()
    with struck(study, KILL_JOB, function, call):
        result = study.run(artifact)
    assert result.returncode != 0
    assert "exit status 137" in result.stderr  # 128 + SIGKILL
    assert not (study.directory / artifact).exists()
    assert len(temporaries(study)) == (function == "writestr")
    assert study.run(artifact).returncode == 0
    assert study.artifacts() == before  # no temporary file either
    assert study.planned(TARGET) == []


@pytest.mark.slow
@pytest.mark.thorough
def test_after_a_power_cut_the_workflow_is_unlocked_and_goes_on(study: TinyStudy) -> None:
    before = study.artifacts()
    (study.directory / SPECTRUM).unlink()
    function, call, _ = IN_A_WRITE
    with struck(study, KILL_ALL, function, call):
        command = study.command(SPECTRUM)
        result = subprocess.run(command, capture_output=True, start_new_session=True, check=False)
    assert result.returncode == -signal.SIGKILL
    result = study.run(SPECTRUM)
    assert result.returncode != 0
    assert "--unlock" in result.stderr
    assert study.run("--unlock").returncode == 0
    assert study.run(SPECTRUM).returncode == 0
    assert study.artifacts() == before


# a job that fails


@pytest.mark.slow
@pytest.mark.thorough
def test_what_was_made_from_a_model_that_failed_to_come_again_is_made_again(
    study: TinyStudy,
) -> None:
    before = study.artifacts()
    changed = study.edited(experiments__iris__normal__learning_rate=0.02)
    with struck(study, KILL_JOB, *IN_TRAINING[:2]):
        assert changed.run(TARGET).returncode != 0
    # the old measures and tables are still there, and neither the old nor the new model is
    assert (study.directory / MEASURES).exists()
    assert rules(changed) == MODEL_AND_BELOW
    assert rules(study) == MODEL_AND_BELOW  # the edit taken back: it could be any model
    assert "made again" in changed.run("--dry-run", TARGET).stdout
    assert changed.run(TARGET).returncode == 0
    assert rules(changed) == set()
    assert study.run(TARGET).returncode == 0
    assert study.artifacts() == before


@pytest.mark.slow
@pytest.mark.thorough
def test_what_is_older_than_a_deleted_model_was_is_made_again(study: TinyStudy) -> None:
    changed = study.edited(experiments__iris__normal__learning_rate=0.02)
    assert changed.run(MODEL).returncode == 0
    (study.directory / MODEL).unlink()
    assert rules(changed) == MODEL_AND_BELOW


@pytest.mark.slow
def test_a_failing_job_says_why_and_stops_only_what_depends_on_it(study: TinyStudy) -> None:
    before = study.artifacts()
    for artifact in (MEASURES, TABLE):
        (study.directory / artifact).unlink()
    adversarial = "results/tiny/iris/adversarial/seed0/model.zarr.zip"
    # it starts from the model with random labels, which has another shape
    broken = study.edited(experiments__iris__adversarial__architecture__hidden=[8, 4])
    result = broken.run(adversarial, TARGET)
    assert result.returncode != 0
    assert "Error in rule train" in result.stderr
    assert "the starting model must have the same architecture" in result.stderr
    assert "logs/tiny/train/iris/adversarial/seed0.log" in result.stderr
    assert broken.planned(TARGET) == []
    assert broken.planned(adversarial) == [("train", "iris", "adversarial", "0")]
    assert study.run(adversarial, TARGET).returncode == 0
    after = study.artifacts()
    models = {f"iris/{name}/seed0/model.zarr.zip" for name in ("random_labels", "adversarial")}
    records = {f"provenance/{model}.json" for model in models}
    assert after.keys() - before.keys() == models | records
    assert after | before == after


# a workflow that is interrupted, and one too many


@pytest.mark.slow
def test_ctrl_c_ends_every_job_and_the_next_run_goes_on(study: TinyStudy) -> None:
    before = study.artifacts()
    (study.directory / MODEL).unlink()
    with held(study, MODEL) as running:
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does
        assert running.wait(timeout=120) != 0
        wait_until(lambda: not is_alive(running.pid))
    assert not (study.directory / MODEL).exists()
    assert study.run(MODEL).returncode == 0
    assert study.artifacts() == before


@pytest.mark.slow
@pytest.mark.thorough
def test_a_second_workflow_in_the_folder_is_refused_and_the_first_goes_on(
    study: TinyStudy,
) -> None:
    before = study.artifacts()
    (study.directory / MODEL).unlink()
    with held(study, MODEL) as running:
        second = study.run(TARGET)
        assert second.returncode != 0
        assert "cannot be locked" in second.stderr
        (study.directory / "go on").touch()
        assert running.wait(timeout=120) == 0
    assert study.artifacts() == before
    assert study.planned(TARGET) == []


# a disk that takes no more


@pytest.mark.slow
@pytest.mark.parametrize(
    # bytes: too few for the spectrum; none for a log
    "space",
    [50_000, pytest.param(0, marks=pytest.mark.thorough)],
)
def test_a_full_disk_stops_the_job_and_the_next_run_goes_on(
    finished: TinyStudy, tmp_path: Path, space: int
) -> None:
    small = TinyStudy(tmp_path / "small", finished.code)
    small.config = finished.config
    with mounted(small.directory, "-t", "tmpfs", "-o", "size=8m", "none"):
        for name in ("results", ".snakemake", "logs"):
            shutil.copytree(finished.directory / name, small.directory / name)
        (small.directory / SPECTRUM).unlink()
        command = small.command(SPECTRUM)
        fill(small.directory, leaving=space)
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode != 0
        assert "No space left on device" in result.stdout + result.stderr
        assert not (small.directory / SPECTRUM).exists()
        (small.directory / "filler").unlink()
        assert small.run(SPECTRUM).returncode == 0
        assert small.artifacts() == finished.artifacts()
        assert small.planned(TARGET) == []


@pytest.mark.slow
@pytest.mark.thorough
def test_a_file_larger_than_the_quota_is_not_half_made(study: TinyStudy) -> None:
    before = study.artifacts()
    (study.directory / SPECTRUM).unlink()
    limited = ["bash", "-c", 'ulimit -f 50; exec "$@"', "bash", *study.command(SPECTRUM)]  # kB
    result = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "File too large" in result.stderr
    assert not (study.directory / SPECTRUM).exists()
    assert temporaries(study) == []
    assert study.run(SPECTRUM).returncode == 0
    assert study.artifacts() == before


@pytest.mark.slow
def test_results_that_cannot_be_written_are_read_and_nothing_is_lost(study: TinyStudy) -> None:
    before = study.artifacts()
    for artifact in (SPECTRUM, TABLE):
        (study.directory / artifact).unlink()
    with read_only(study.results):
        assert study.run(MODEL).returncode == 0  # nothing to be done
        result = study.run(SPECTRUM)
        assert result.returncode != 0
        assert "Read-only file system" in result.stderr or "Permission denied" in result.stderr
        result = study.run(TARGET)  # the other outputs of its job are there
        assert result.returncode != 0
        assert "Write-protected output files" in result.stderr
    assert study.run(SPECTRUM, TARGET).returncode == 0
    assert study.artifacts() == before
