"""Jobs forked from a warm process: the same results, output and exit status as plain ones."""

import os
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from helpers.warm_jobs import MAIN, command, environment, runs, warm, was_warm
from hessian_study.jobs.warm_process import FURTHER, start_warm_process


def test_a_job_has_the_libraries_and_its_own_streams_and_environment(project: Path) -> None:
    done = warm(project, "work", "")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "to standard output\n"
    assert done.stderr == "to standard error\n"
    pid, told = (project / "ran").read_text().split(" ", 1)
    assert told == "by the caller True"
    assert not runs(int(pid))


def test_what_most_jobs_need_is_imported_while_nobody_asks(project: Path) -> None:
    last = FURTHER[-1]
    job = shlex.join(command("imported", last))
    until = ["sh", "-c", f"until {job} 2>&1 | grep -q True; do sleep 0.2; done"]
    run = [sys.executable, "-c", MAIN, *until]
    subprocess.run(run, cwd=project, env=environment(project), check=True, timeout=60)


@pytest.mark.parametrize("library", FURTHER)
def test_the_libraries_have_these_names(library: str) -> None:
    import_module(library)


def test_a_job_that_fails_says_why(project: Path) -> None:
    done = warm(project, "fail", "no such thing")
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: no such thing\n")
    assert "job.py" in done.stderr
    assert "warm_process" not in done.stderr


def test_without_a_warm_process_a_job_runs_where_it_is(project: Path) -> None:
    for address in ({}, {"HESSIAN_WARM_PROCESS": str(project / "nobody")}):
        done = subprocess.run(
            command("work", ""), cwd=project, env={**environment(project), **address}, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.stdout == "to standard output\n"
        assert (project / "ran").read_text().endswith("by the caller False")


def test_a_job_with_several_threads_runs_where_it_is(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *command("work", "")],
        cwd=project, env={**environment(project), "OMP_NUM_THREADS": "2"}, check=True,
    )  # fmt: skip
    assert done.returncode == 0
    assert (project / "ran").read_text().endswith("False")


def test_one_that_listens_already_serves(project: Path) -> None:
    inner = [sys.executable, "-c", MAIN, *command("work", "")]
    told = "import os; print(os.environ['HESSIAN_WARM_PROCESS'])"
    addresses = [sys.executable, "-c", MAIN, sys.executable, "-c", told]
    script = f"{shlex.join(addresses)}; {shlex.join(addresses)}; {shlex.join(inner)}"
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "sh", "-c", script], cwd=project, env=environment(project),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    first, second, _ = done.stdout.splitlines()
    assert first == second
    assert was_warm(project)
    assert not Path(first).exists()


def test_float32_is_no_less_on_a_gpu(project: Path) -> None:
    for variables in ({}, {"HESSIAN_WARM_PROCESS": "off"}):
        done = warm(project, "tell", "NVIDIA_TF32_OVERRIDE", **variables)
        assert done.stdout == "to standard output\n0\n", done.stderr


def test_the_warm_process_can_be_switched_off(project: Path) -> None:
    done = warm(project, "work", "", HESSIAN_WARM_PROCESS="off")
    assert done.stdout == "to standard output\n"
    assert not was_warm(project)


def test_a_long_path_to_temporary_files_is_no_obstacle(project: Path) -> None:
    folder = project / ("long" * 20) / ("longer" * 20)  # a socket's path may have 108 bytes
    folder.mkdir(parents=True)
    done = warm(project, "work", "", TMPDIR=str(folder))
    assert done.returncode == 0, done.stderr
    assert was_warm(project)
    assert not list(folder.iterdir())


def test_without_a_folder_for_the_socket_there_is_no_warm_process(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/" + "long" * 30)
    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    monkeypatch.delenv("HESSIAN_WARM_PROCESS", raising=False)
    start_warm_process()
    assert "HESSIAN_WARM_PROCESS" not in os.environ


def refuse(**options: str) -> str:
    raise PermissionError(options)
