"""A process that has the libraries imported once and forks a job for whoever asks.

Importing torch, xarray and the rest takes two seconds, longer than most jobs compute. On one
machine the main Snakemake process starts this one (`start_warm_process`, in `onstart`);
`run_job` then sends its job here instead of importing everything itself. The modules of
this project are not imported before the fork, so every job reads its step's code from the disk. A
job is a process of its own in the workflow's process group, and ends when the one that asked for it
is killed.
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
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from hessian_study.jobs.run_job import ADDRESS

LIBRARIES = ("torch", "torch.func", "xarray", "zarr", "pandas", "scipy.linalg", "matplotlib.figure")
# a fork shares the threads' settings, which libraries read when they are imported
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}

# without a reference its standard input would be closed at once
_KEPT: list[subprocess.Popen[bytes]] = []


def start_warm_process() -> None:
    """Start it as a child of this process, and tell later children where it listens.

    It ends with this process, however that ends: its standard input is then closed.
    """
    address = Path(tempfile.mkdtemp(prefix="hessian-")) / "jobs"  # only this user can enter
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen(128)  # who asks before the libraries are there waits
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(listener.fileno()), str(address)],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env={**os.environ, **THREADS},
        )
    _KEPT.append(process)
    os.environ[ADDRESS] = str(address)


def serve(listener: socket.socket) -> None:
    """Fork a job for each connection until standard input is closed."""
    for library in LIBRARIES:
        import_module(library)
    import_module("hessian_study.provenance.planned_code").prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the jobs
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: no zombies
    with selectors.DefaultSelector() as selector:
        for source in (listener, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        while all(key.fileobj is listener for key, _ in selector.select()):
            connection, _ = listener.accept()
            if os.fork() == 0:
                selector.close()
                listener.close()
                _become_job(connection)
            connection.close()


def _become_job(connection: socket.socket) -> None:
    """Run what the connection asks for, send the exit status, and end."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
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
    """Wait until the other side is gone: it was killed, and so is the job."""
    if not connection.recv(1):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    descriptor, path = sys.argv[1:]
    try:
        serve(socket.socket(fileno=int(descriptor)))
    finally:
        Path(path).unlink()
        Path(path).parent.rmdir()
