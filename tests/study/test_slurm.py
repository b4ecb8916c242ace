"""The workflow on a real SLURM, of one node on this machine, that the tests start and end."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from helpers.tiny_study import TinyStudy, image_datasets
from helpers.waiting import wait_until
from hessian_boundary.artifacts.store import open_artifact
from slurm.accounted_slurm import PROGRAMS, AccountedSlurm
from slurm.cluster import LocalSlurm
from slurm.running import PROFILE, running

pytestmark = pytest.mark.slow

TARGETS = ("table2", "fig04")
MODEL = "results/tiny/iris/normal/seed0/model.zarr.zip"


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlurm]:
    with running(LocalSlurm(tmp_path_factory.mktemp("cluster") / "state")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def first_run(
    slurm: LocalSlurm, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TinyStudy, subprocess.CompletedProcess[str]]:
    """The targets, made on the cluster with two seeds."""
    study = TinyStudy(tmp_path_factory.mktemp("study")).edited(
        profiles__tiny__seeds=[0, 1], profiles__tiny__without=image_datasets()
    )
    result = study.run(*PROFILE, "--", *TARGETS)
    assert result.returncode == 0, result.stderr
    return study, result


@pytest.fixture
def study(first_run: tuple[TinyStudy, object], tmp_path: Path) -> TinyStudy:
    """A copy of the finished study, to change."""
    finished, _ = first_run
    copy = TinyStudy(tmp_path / "copy")
    copy.config = finished.config
    shutil.copytree(finished.directory, copy.directory, copy_function=shutil.copy2)
    return copy


def test_results_are_byte_for_byte_those_of_a_local_run(
    first_run: tuple[TinyStudy, object], tmp_path: Path
) -> None:
    local = TinyStudy(tmp_path)
    local.config = first_run[0].config
    result = local.run("--", *TARGETS)
    assert result.returncode == 0, result.stderr
    assert len(local.artifacts()) > 30
    assert first_run[0].artifacts() == local.artifacts()


def test_one_slurm_job_does_a_step_of_an_experiment_for_all_seeds(
    first_run: tuple[object, subprocess.CompletedProcess[str]],
) -> None:
    submitted = re.findall(r"slurm_logs/group_(\S+)/\d+\.log", first_run[1].stderr)
    assert sorted(name.split("_align")[0].removesuffix("_train") for name in submitted) == [
        *("curvature_iris_adversarial", "curvature_iris_normal", "curvature_toy1d_normal"),
        *("training_iris_adversarial", "training_iris_normal", "training_iris_random_labels"),
        "training_toy1d_normal",
    ]


def test_a_second_run_has_nothing_to_do(first_run: tuple[TinyStudy, object]) -> None:
    result = first_run[0].run(*PROFILE, "--", *TARGETS)
    assert result.returncode == 0
    assert "Nothing to be done" in result.stderr


def test_a_failing_job_grows_shows_its_log_and_stops_nothing_else(
    study: TinyStudy, slurm: LocalSlurm
) -> None:
    # a start of another shape fails while the training runs; the new grid is made all the same
    broken = study.edited(
        experiments__iris__adversarial__architecture__hidden=[8, 4],
        alignment__grid_resolution=13,
    )
    result = broken.run(*PROFILE, "--retries", "1", "--", *TARGETS)
    assert result.returncode != 0
    assert "the starting model must have the same architecture" in result.stderr
    assert "logs/tiny/train/iris/adversarial/seed0.log" in result.stderr
    model = "results/tiny/iris/adversarial/seed0/model.zarr.zip"
    assert broken.planned(model) == [("train", "iris", "adversarial", "0")]
    assert broken.planned("fig04") == []
    history = slurm.command("squeue", "--states=FAILED", "--noheader", "--format=%m %l %k")
    failed = [line.split() for line in history.splitlines() if "iris_adversarial" in line]
    assert sorted((memory, limit) for memory, limit, _ in failed) == [
        ("1000M", "40:00"),  # two seeds, one after the other
        ("2000M", "1:20:00"),
    ]


def test_an_interrupted_workflow_leaves_no_job_and_can_go_on(
    study: TinyStudy, slurm: LocalSlurm
) -> None:
    before = study.artifacts()
    endless = study.edited(experiments__iris__normal__epochs=10**8)
    command = endless.command(*PROFILE, "--", *TARGETS)
    logs = study.directory / "logs/tiny/train/iris/normal"  # either seed may come first
    shutil.rmtree(logs)
    snakemake = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # where the tests run in the background, an interrupt would be ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    wait_until(lambda: "RUNNING" in slurm.queue() and any(logs.glob("*.log")))
    os.kill(snakemake.pid, signal.SIGINT)
    assert snakemake.wait(timeout=180) != 0
    wait_until(lambda: slurm.queue() == "")
    models = [MODEL.replace("seed0", f"seed{seed}") for seed in (0, 1)]  # either was interrupted
    result = study.run(*PROFILE, "--", *models, *TARGETS)
    assert result.returncode == 0, result.stderr
    assert study.artifacts() == before


def test_a_rule_can_ask_for_a_gpu(study: TinyStudy, slurm: LocalSlurm) -> None:
    before = study.artifacts()
    (study.directory / MODEL).unlink()
    result = study.run(*PROFILE, "--set-resources", "train:gpu=1", "--", MODEL)
    assert result.returncode == 0, result.stderr
    assert study.artifacts() == before
    requests = slurm.command("squeue", "--states=all", "--noheader", "--Format=tres-per-job")
    assert "gpu:1" in requests


def _in_pieces(study: TinyStudy, count: int) -> tuple[int, xr.Dataset]:
    """Return how many SLURM jobs made pieces of a Gauss-Newton part, and the alignment with it."""
    target = MODEL.replace("model", "gauss_newton/alignment_samples")
    pieces = ("--set-scatter", f"gauss_newton_pieces={count}")
    result = study.run(*PROFILE, *pieces, "--", target)
    assert result.returncode == 0, result.stderr
    submitted = re.findall(r"slurm_logs/rule_factor_gauss_newton/\S+\.log", result.stderr)
    grouped = re.findall(r"slurm_logs/group_(\S+)/\d+\.log", result.stderr)
    assert not any("factor_gauss_newton" in name for name in grouped)
    return len(set(submitted)), open_artifact(study.directory / target).load()


def test_each_piece_of_a_gauss_newton_part_is_a_job_of_its_own(study: TinyStudy) -> None:
    _, whole = _in_pieces(study, 1)
    assert whole.attrs["complete"]
    for count in (2, 3):
        jobs, found = _in_pieces(study, count)
        assert jobs == count
        np.testing.assert_allclose(found["eigenvalue"], whole["eigenvalue"], rtol=1e-11)
        np.testing.assert_allclose(abs(found["alignment"]), abs(whole["alignment"]), atol=1e-9)
        np.testing.assert_allclose(found["random_alignment"], whole["random_alignment"], atol=1e-12)
    (lost,) = study.results.rglob("1-of-3/factor.zarr.zip")
    lost.unlink()
    (study.directory / MODEL.replace("model", "gauss_newton/alignment_samples")).unlink()
    jobs, again = _in_pieces(study, 3)
    assert jobs == 1  # the others are there
    np.testing.assert_array_equal(again["eigenvalue"], found["eigenvalue"])
    assert _in_pieces(study, 3)[0] == 0


def test_with_accounting_jobs_are_followed_by_sacct(
    study: TinyStudy, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = study.artifacts()
    (study.directory / MODEL).unlink()
    broken = study.edited(experiments__iris__adversarial__architecture__hidden=[8, 4])
    options = (*PROFILE, "--slurm-status-command", "sacct", "--retries", "0", "--")
    cluster = AccountedSlurm(tmp_path_factory.mktemp("accounted") / "state")
    with running(cluster, *PROGRAMS) as accounted:
        result = study.run(*options, MODEL)
        assert result.returncode == 0, result.stderr
        assert study.artifacts() == before
        result = broken.run(*options, MODEL.replace("normal", "adversarial"))
        assert result.returncode != 0
        assert "the starting model must have the same architecture" in result.stderr
        states = accounted.command("sacct", "--allocations", "--noheader", "--format=State")
    assert states.split() == ["COMPLETED", "FAILED"]
