"""A process that has the libraries imported once and forks a job for whoever asks.

Importing torch, xarray and the rest takes two seconds, longer than most jobs compute. On one
machine the main Snakemake process starts this one (`start_warm_process`, in `onstart`);
`run_job` then sends its job here instead of importing everything itself. The modules of
this project are not imported before the fork, so every job reads its step's code from the disk. A
job is a process of its own in the workflow's process group, and ends when the one that asked for it
is killed.

`HESSIAN_WARM_PROCESS=off snakemake …` does without: each job then starts from nothing, with the
same results. It also goes without where no folder for its socket can be made, and where a rule asks
for several threads.

Why not an executor plugin of Snakemake's with `multiprocessing`'s fork server, which are public? A
plugin must be a distribution of its own, named in every profile, and would repeat Snakemake's local
executor (shell, log, threads, clean-up); it would not serve a group of jobs inside one SLURM job.
The fork server has no job end with the one that asked, nor pass on its output. What is here needs
nothing of Snakemake but a hook, and a job's command is the same with it and without.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

from hessian_study.jobs.launch import PYTHON
from hessian_study.jobs.run_job import ADDRESS, OFF
from hessian_study.jobs.termination import BY_SIGNAL

LIBRARIES = ("torch", "torch.func", "xarray", "zarr", "pandas", "scipy.linalg", "matplotlib.figure")
# What many jobs import besides; it is imported while nobody asks for a job. The first two are what
# torch.func imports when it first differentiates, in more than a second. Other releases may have
# other names for them: then each job imports what it needs.
FURTHER = (
    *("torch._dynamo", "torch._decomp.decompositions_for_jvp"),
    *("scipy.stats", "scipy.ndimage", "scipy.spatial"),
    *("matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf"),
)
# a fork shares the threads' settings, which libraries read when they are imported
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}

# what a terminal and SLURM send to the whole group of processes
FOR_THE_JOBS = (signal.SIGINT, signal.SIGTERM)

# bytes that the path of a socket may have, with its end: Linux allows 108, other systems 104
LONGEST_PATH = 104

# without a reference its standard input would be closed at once
_KEPT: list[subprocess.Popen[bytes]] = []


def start_warm_process() -> None:
    """Start it as a child of this process, and tell later children where it listens.

    It ends with this process, however that ends: its standard input is then closed. Where the
    environment names one that listens already, as of several runs in a row, that one serves.
    """
    known = os.environ.get(ADDRESS, "")
    if known == OFF or Path(known).is_socket():
        return
    address = _address()
    if address is None:
        return
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen(128)  # who asks before the libraries are there waits
        process = subprocess.Popen(
            [*PYTHON, "-m", __name__, str(listener.fileno()), str(address)],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env={**os.environ, **THREADS},
        )
    _KEPT.append(process)
    os.environ[ADDRESS] = str(address)


def _address() -> Path | None:
    """Make a folder that only this user can enter; return the path of a socket in it.

    None where the usual place has too long a path and /tmp is not to be written to.
    """
    for place in (tempfile.gettempdir(), "/tmp"):
        if len(os.fsencode(place)) + len("/hessian-12345678/jobs") < LONGEST_PATH:
            with suppress(OSError):
                return Path(tempfile.mkdtemp(prefix="hessian-", dir=place)) / "jobs"
    return None


def serve(listener: socket.socket) -> None:
    """Fork a job for each connection until standard input is closed."""
    for library in LIBRARIES:
        import_module(library)
    import_module("hessian_study.provenance.planned_code").prepare()
    for number in FOR_THE_JOBS:
        signal.signal(number, signal.SIG_IGN)
    jobs: dict[int, socket.socket] = {}  # process -> who asked for it
    further = list(FURTHER)
    with selectors.DefaultSelector() as selector, _ends_of_children() as ends:
        for source in (listener, ends, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select(0 if further else None)}
            if sys.stdin in ready:
                return
            if further and not ready:
                with suppress(Exception):
                    import_module(further.pop(0))
            if ends in ready:
                ends.recv(4096)
                _bury(jobs)
            if listener in ready:
                connection, _ = listener.accept()
                process = os.fork()
                if process == 0:
                    selector.close()
                    ends.close()
                    for other in (listener, *jobs.values()):
                        other.close()
                    _become_job(connection)
                jobs[process] = connection


@contextmanager
def _ends_of_children() -> Iterator[socket.socket]:
    """Give a socket that can be read when a child has ended."""
    ends, writer = socket.socketpair()
    with ends, writer:
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        yield ends
        signal.set_wakeup_fd(-1)


def _bury(jobs: dict[int, socket.socket]) -> None:
    """Take leave of the jobs that have ended; tell who asked for one that a signal ended."""
    for process in list(jobs):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            with jobs.pop(process) as connection, suppress(OSError):
                if os.WIFSIGNALED(status):
                    connection.sendall(bytes([BY_SIGNAL + os.WTERMSIG(status)]))


def _become_job(connection: socket.socket) -> None:
    """Run what the connection asks for, send the exit status, and end."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for handled in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(handled, signal.SIG_DFL)
        request, streams, *_ = socket.recv_fds(connection, 8, 2)
        for stream, number in zip(streams, (1, 2), strict=True):
            os.dup2(stream, number)
            os.close(stream)
        asked = json.loads(connection.makefile("rb").read(int(request)))
        threading.Thread(target=_end_with, args=[connection], daemon=True).start()
        os.chdir(asked["directory"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        import_module("hessian_study.jobs.job").main(*asked["arguments"])
        status = 0
    except SystemExit as end:  # a signal ended it
        status = int(end.code or 0)
    except BaseException as error:
        own = error.__traceback__  # the first frame is this one
        traceback.print_exception(error.with_traceback(own.tb_next if own else None))
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            connection.sendall(bytes([status]))
        os._exit(status)


def _end_with(connection: socket.socket) -> None:
    """Pass on the signals that the other side was sent; when it is gone, killed, kill the job."""
    while number := connection.recv(1):
        signal.pthread_kill(threading.main_thread().ident or 0, number[0])
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    descriptor, path = sys.argv[1:]
    try:
        serve(socket.socket(fileno=int(descriptor)))
    finally:
        Path(path).unlink()
        Path(path).parent.rmdir()
