"""How a job's Python is started, by what Snakemake's resources say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.warm_jobs import warm, was_warm
from hessian_study.jobs import launch
from hessian_study.jobs.launch import PYTHON, on_nodes, start_of_command

TORCHRUN = [*PYTHON, "-m", "torch.distributed.run"]
HERE = [*PYTHON, "-m", "hessian_study.jobs.launch"]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, [*PYTHON]),
        ({"gpu": 0}, [*PYTHON]),
        ({"gpu": 1, "mem_mb": 3000}, [*PYTHON]),
        ({"processes": 3}, [*TORCHRUN, "--standalone", "--nproc-per-node=3"]),
        ({"processes": "3"}, [*TORCHRUN, "--standalone", "--nproc-per-node=3"]),
        ({"gpu": 4}, [*TORCHRUN, "--standalone", "--nproc-per-node=4"]),
        ({"gpu": 4, "processes": 1}, [*PYTHON]),
        ({"gpu": 8, "nodes": 2}, [*HERE, "2", "4", "1"]),
        ({"nodes": 3, "cpus_per_task": 7}, [*HERE, "3", "1", "7"]),
    ],
)
def test_processes_and_nodes_decide(resources, expected) -> None:
    assert start_of_command(resources) == expected


@pytest.mark.parametrize("found", [0, -1, "2 * attempt", 1.5])
def test_what_is_no_number_of_processes_is_refused(found) -> None:
    with pytest.raises(
        ValueError, match=r"from 1 on for the resource processes, found .*; set one"
    ):
        start_of_command({"processes": found})


def test_on_several_nodes_each_one_starts_its_processes_and_all_meet_on_the_first() -> None:
    assert on_nodes(2, 4, 6, "123456", "node7") == [
        *("srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1"),
        "--cpus-per-task=6",
        *(*TORCHRUN, "--nnodes=2", "--nproc-per-node=4", "--rdzv-id=123456"),
        *("--rdzv-backend=c10d", "--rdzv-endpoint=node7:23456"),
    ]


def test_srun_gets_the_program(tmp_path: Path) -> None:
    srun = tmp_path / "srun"
    srun.write_text('#!/bin/sh\necho "$@"\n')
    srun.chmod(0o755)
    told = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_ID": "5"}
    ran = subprocess.run(
        [*start_of_command({"nodes": 2}), "-m", "hessian_study.jobs.run_job", "job.json"],
        capture_output=True, text=True, check=True, env={**os.environ, **told},
    )  # fmt: skip
    assert ran.stdout.startswith("--nodes=2 --ntasks=2 --ntasks-per-node=1 ")
    assert ran.stdout.endswith(":20005 -m hessian_study.jobs.run_job job.json\n")


def test_of_one_process_nobody_is_a_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    for count, helps in (("1", False), ("2", True)):
        monkeypatch.setenv("WORLD_SIZE", count)
        assert launch.is_helper() is helps


def test_several_nodes_outside_of_slurm_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(RuntimeError, match=r"expected a SLURM job on 2 nodes, found none .*; run"):
        launch.main(["2", "1", "1", "-m", "program"])


def test_one_of_several_processes_is_not_forked_from_the_warm_one(project: Path) -> None:
    assert warm(project, "work", "", WORLD_SIZE="2").returncode == 0
    assert not was_warm(project)
    assert warm(project, "work", "", WORLD_SIZE="1").returncode == 0
    assert was_warm(project)


LIKE_A_TRAINING = """
import resource, numpy
def step():
    return [numpy.ones(2**20) for _ in range(3)]
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_what_a_step_has_freed_the_next_one_is_given() -> None:
    """Three arrays of 8 MB: 6,144 pages, which the system would hand out anew each time."""
    command = [*PYTHON, "-c", LIKE_A_TRAINING]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(run.stdout) < 6144


FAULTS = """
import resource, torch
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.ones(2**26, dtype=torch.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.parametrize(("own", "huge"), [("", True), ("glibc.malloc.hugetlb=0", False)])
def test_arrays_come_in_huge_pages_unless_a_user_says_otherwise(own: str, huge: bool) -> None:
    pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not pages.exists() or "[madvise]" not in pages.read_text():
        pytest.skip("Linux gives huge pages to nobody here, or to everybody")
    ask = "import sys; from hessian_study.jobs.launch import PYTHON; print(*PYTHON[:-1])"
    environment = os.environ | {"GLIBC_TUNABLES": own}
    command = [sys.executable, "-c", ask]
    start = subprocess.check_output(command, env=environment, text=True).split()
    text = subprocess.check_output([*start, sys.executable, "-c", FAULTS], text=True)
    assert (int(text) < 2**26 / 4096 / 4) == huge
