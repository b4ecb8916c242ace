"""SLURM ends a job in the middle of a group: what its members had finished is kept.

Two trainings are one SLURM job. The second one to start waits in its training, and SLURM ends the
job: for another one of higher priority, at its time limit, or on request.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.marks import THOROUGH
from helpers.strikes import struck
from helpers.tiny_study import TinyStudy
from helpers.waiting import wait_until
from hessian_study.provenance.records import find_record
from slurm.cluster import LocalSlurm
from slurm.running import PROFILE, running

pytestmark = THOROUGH

WAITING = 900  # seconds, on a machine with much else to do
MODELS = [f"results/tiny/iris/normal/seed{seed}/model.zarr.zip" for seed in (0, 1)]
# the second training, which sees the record of the first, waits for SLURM to ask for its end
WAIT = """\
import glob
            if glob.glob("results/tiny/provenance/iris/normal/seed*/model*"):
                if not os.path.exists("held"):
                    open("held", "w").close()
                    handler = signal.getsignal
                    while not getattr(handler(signal.SIGTERM).__self__, "asked", False):
                        time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlurm]:
    with running(LocalSlurm(tmp_path_factory.mktemp("cluster") / "state")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    study = TinyStudy.with_own_code(tmp_path_factory.mktemp("study"))
    study = study.edited(profiles__tiny__seeds=[0, 1])
    result = study.run("--", *MODELS)
    assert result.returncode == 0, result.stderr
    return study


def records(study: TinyStudy) -> list[Path]:
    return list((study.results / "provenance" / "iris" / "normal").rglob("model*.json"))


@contextmanager
def held(study: TinyStudy, *options: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Give Snakemake, whose SLURM job has made one model and waits in the other, and that model."""
    for path in (*records(study), *(study.directory / model for model in MODELS)):
        path.unlink()
    with struck(study, WAIT, "step", 20):
        command = study.command(*PROFILE, *options, "--", *MODELS)
        snakemake = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            wait_until((study.directory / "held").exists, WAITING)
            (record,) = records(study)
            yield snakemake, study.results / "iris" / "normal" / record.parent.name / record.stem
        finally:
            snakemake.kill()


def job(slurm: LocalSlurm) -> str:
    return slurm.command("squeue", "--noheader", "--states=RUNNING", "--format=%i").strip()


def identity(path: Path) -> int:
    """Return when an artifact was made: Snakemake touches it later, but not its record."""
    record = find_record(path)
    assert record is not None
    return record.stat().st_mtime_ns


def check(study: TinyStudy, before: dict[str, str]) -> None:
    assert study.artifacts() == before
    assert study.planned(*MODELS) == []


def test_a_preempted_job_goes_on_when_slurm_starts_it_again(
    study: TinyStudy, slurm: LocalSlurm
) -> None:
    before = study.artifacts()
    with held(study, "--slurm-requeue") as (snakemake, model):
        made = identity(model)
        number = job(slurm)
        slurm.command(
            "sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 3"
        )
        wait_until(lambda: f"{number} " in slurm.command("squeue", "--format=%i %r %T", "-t", "PD"))
        _, messages = snakemake.communicate(timeout=WAITING)
    assert snakemake.returncode == 0, messages
    restarts = slurm.command("scontrol", "show", "job", number)
    assert "Restarts=1" in restarts
    assert identity(model) == made
    check(study, before)


def test_a_job_at_its_time_limit_is_tried_again_without_what_it_finished(
    study: TinyStudy, slurm: LocalSlurm
) -> None:
    before = study.artifacts()
    with held(study, "--retries", "1") as (snakemake, model):
        made = identity(model)
        number = job(slurm)
        slurm.command("scontrol", "update", f"JobId={number}", "TimeLimit=1")  # minute
        _, messages = snakemake.communicate(timeout=WAITING)
    assert snakemake.returncode == 0, messages
    assert "JobState=TIMEOUT" in slurm.command("scontrol", "show", "job", number)
    assert identity(model) == made
    check(study, before)


def test_what_a_cancelled_job_finished_is_there_for_the_next_run(
    study: TinyStudy, slurm: LocalSlurm
) -> None:
    before = study.artifacts()
    with held(study, "--retries", "0") as (snakemake, model):
        made = identity(model)
        slurm.command("scancel", "--signal=TERM", job(slurm))
        _, messages = snakemake.communicate(timeout=WAITING)
    assert snakemake.returncode != 0
    assert messages.count("the job's process was ended (signal 15, Terminated)") > 0
    assert identity(model) == made
    unfinished = next(seed for seed in "01" if model.parent.name != f"seed{seed}")
    assert study.planned(*MODELS) == [("train", "iris", "normal", unfinished)]
    again = study.run(*PROFILE, "--", *MODELS)
    assert again.returncode == 0, again.stderr
    assert identity(model) == made
    check(study, before)


def test_a_user_can_have_it_made_once_more_all_the_same(
    study: TinyStudy, slurm: LocalSlurm
) -> None:
    before = study.artifacts()
    made = identity(study.directory / MODELS[0])
    result = study.run(*PROFILE, "--force", "--", MODELS[0])
    assert result.returncode == 0, result.stderr
    assert identity(study.directory / MODELS[0]) != made
    check(study, before)
