"""Jobs forked from a warm process: the same results, output, exit status and end as plain ones."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from helpers.tiny_study import ROOT
from hessian_study.jobs.warm_process import start_warm_process

PACKAGE = ROOT / "workflow" / "hessian_study" / "jobs"

# stands in for hessian_study.jobs.job, which is imported only in the fork
JOB = """\
import os, signal, sys, time

def save(number, frame):
    signal.signal(number, signal.SIG_IGN)
    time.sleep(0.5)
    open("saved", "a").write("all ")
    sys.exit(128 + number)

def main(what, argument):
    print("to standard output")
    print("to standard error", file=sys.stderr)
    open("ran", "w").write(f"{os.getpid()} {os.environ.get('TOLD')} {'torch' in sys.modules}")
    if what == "fail":
        raise ValueError(argument)
    if what == "hang":
        time.sleep(600)
    if what == "save":
        signal.signal(signal.SIGTERM, save)
        open("ran", "a").write(" saving")
        time.sleep(600)
    if what == "tell":
        print(os.environ[argument])
    if what == "end":
        os.kill(os.getpid(), int(argument))
"""
# what the main process does: start the warm one, then run a shell command
MAIN = """\
import subprocess, sys
from hessian_study.jobs.warm_process import start_warm_process

start_warm_process()
sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    jobs = tmp_path / "hessian_study" / "jobs"
    jobs.mkdir(parents=True)
    for name in ("warm_process", "run_job"):
        (jobs / f"{name}.py").write_text((PACKAGE / f"{name}.py").read_text())
    (jobs / "job.py").write_text(JOB)
    provenance = jobs.parent / "provenance"
    provenance.mkdir()
    (provenance / "planned_code.py").write_text("def prepare():\n    pass\n")
    for package in (jobs, provenance, jobs.parent):
        (package / "__init__.py").touch()
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hessian_study.jobs.run_job", *arguments]


def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(project), "TOLD": "by the caller"}


def warm(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MAIN, *command(*arguments)],
        cwd=project, env={**environment(project), **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def was_warm(project: Path) -> bool:
    """Tell whether the last job was forked from a process with the libraries."""
    return (project / "ran").read_text().endswith("True")


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited for {seconds} s"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_job_has_the_libraries_and_its_own_streams_and_environment(project: Path) -> None:
    done = warm(project, "work", "")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "to standard output\n"
    assert done.stderr == "to standard error\n"
    pid, told = (project / "ran").read_text().split(" ", 1)
    assert told == "by the caller True"
    assert not runs(int(pid))


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
