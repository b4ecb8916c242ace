"""Jobs that crash, are killed or asked to end: who says what, and that nothing is left behind."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from helpers.waiting import wait_until
from helpers.warm_jobs import MAIN, command, environment, runs, warm, was_warm


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (signal.SIGSEGV, "the job's process crashed (signal 11, Segmentation fault)"),
        (signal.SIGABRT, "the job's process crashed (signal 6, Aborted)"),
        (signal.SIGKILL, "the job's process was killed (signal 9), perhaps for want of memory"),
        (
            signal.SIGTERM,
            "the job's process was ended (signal 15, Terminated), "
            "as at a time limit or to make room for another job",
        ),
    ],
)
def test_a_signal_that_ends_a_job_is_named(
    project: Path, number: signal.Signals, message: str
) -> None:
    done = warm(project, "end", str(int(number)))
    assert done.returncode == 128 + number
    assert done.stderr.splitlines()[-1] == message


def test_the_warm_process_serves_on_after_a_crash(project: Path) -> None:
    crash, work = (shlex.join(command(*words)) for words in (("end", "11"), ("work", "")))
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "bash", "-c", f"{crash} & {crash}; wait; {work}"],
        cwd=project, env=environment(project), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("crashed (signal 11") == 2
    assert was_warm(project)


@pytest.fixture
def hanging(project: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Give the main process and the pid of a job that does not end by itself."""
    main = subprocess.Popen(
        [sys.executable, "-c", MAIN, *command("hang", "")],
        cwd=project, env=environment(project), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    wait_until(lambda: (project / "ran").exists() and (project / "ran").read_text().count(" ") > 1)
    yield main, int((project / "ran").read_text().split()[0])
    os.killpg(main.pid, signal.SIGKILL)
    main.wait()


def _children(parent: int) -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            if int(file.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(file.parent.name))
    return found


def _child(parent: int, module: bytes) -> tuple[int, list[bytes]]:
    """Return pid and arguments of the only child that runs a module."""
    arguments = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in _children(parent)
    }
    (found,) = [(pid, words) for pid, words in arguments.items() if module in words]
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_job_ends_with_the_one_that_asked_for_it(
    hanging: tuple[subprocess.Popen[bytes], int], how: signal.Signals
) -> None:
    main, job = hanging
    client, _ = _child(main.pid, b"hessian_study.jobs.run_job")
    assert runs(job)
    os.kill(client, how)
    wait_until(lambda: not runs(job))


@pytest.mark.parametrize("warm_process", ["on", "off"])
@pytest.mark.parametrize("to_all", [True, False])
def test_a_job_that_is_asked_to_end_saves_first(
    project: Path, warm_process: str, to_all: bool
) -> None:
    """SLURM asks the whole group of processes, and kills it when the first one has ended."""
    variables = {"HESSIAN_WARM_PROCESS": "off"} if warm_process == "off" else {}
    main = subprocess.Popen(
        [sys.executable, "-c", MAIN, *command("save", "")],
        cwd=project, env={**environment(project), **variables}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    )  # fmt: skip
    wait_until(lambda: (project / "ran").exists() and "saving" in (project / "ran").read_text())
    assert ("True" in (project / "ran").read_text()) == (warm_process == "on")
    client, _ = _child(main.pid, b"hessian_study.jobs.run_job")
    others = [client, *(_children(main.pid) if to_all else [])]
    for process in dict.fromkeys(others):
        os.kill(process, signal.SIGTERM)
    assert main.wait(timeout=60) == 128 + signal.SIGTERM
    assert (project / "saved").read_text() == "all "
    assert main.stderr is not None
    last = main.stderr.read().splitlines()[-1]
    assert last.startswith("the job's process was ended (signal 15, Terminated)")


def test_a_killed_job_is_an_error_of_the_one_that_asked_for_it(
    hanging: tuple[subprocess.Popen[bytes], int],
) -> None:
    main, job = hanging
    os.kill(job, signal.SIGKILL)
    assert main.wait(timeout=60) == 128 + 9


def test_an_interrupt_of_the_whole_group_leaves_nothing_behind(
    hanging: tuple[subprocess.Popen[bytes], int],
) -> None:
    main, job = hanging
    others = _children(main.pid)
    os.killpg(main.pid, signal.SIGINT)
    wait_until(lambda: not any(map(runs, [main.pid, job, *others])))


def test_the_warm_process_ends_with_the_main_one(
    hanging: tuple[subprocess.Popen[bytes], int],
) -> None:
    main, _ = hanging
    warm_process, arguments = _child(main.pid, b"hessian_study.jobs.warm_process")
    os.kill(main.pid, signal.SIGKILL)
    wait_until(lambda: not runs(warm_process))
    assert not Path(arguments[-2].decode()).exists()
