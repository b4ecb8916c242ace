"""Start a job: `python -P -m hessian_study.jobs.run_job FILE`, as `job` takes it.

Where a warm process listens (see `warm_process`) the job is forked from it, else it runs
right here. Either way this process ends when the job does, with its exit status. SIGTERM, as SLURM
sends it at a time limit and to make room for another job, is passed on to the job, which may save
what it has before it ends (see `termination`).
"""

import json
import os
import signal
import socket
import sys

from hessian_study.jobs.launch import in_several_processes
from hessian_study.jobs.termination import BY_SIGNAL

# environment variable with the path of the warm process's socket; "off" is for a user to say
ADDRESS = "HESSIAN_WARM_PROCESS"
OFF = "off"
# what others send to end a process; any other signal comes from its own crash
SENT = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(arguments: list[str]) -> int:
    """Run the job and return its exit status."""
    # on a GPU float32 shall mean float32: convolutions would round to 10 bits, unlike on a CPU
    os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
    connection = _connect(os.environ.get(ADDRESS, OFF))
    if connection is None:
        status = _run_here(arguments)
    else:
        with connection:
            status = _ask(connection, arguments)
    if status > BY_SIGNAL:
        print(_end_by(status - BY_SIGNAL), file=sys.stderr)
    return status


def _run_here(arguments: list[str]) -> int:
    from hessian_study.jobs.job import main as run

    try:
        run(*arguments)
    except SystemExit as end:  # a signal ended it
        return int(end.code or 0)
    return 0


def _connect(address: str) -> socket.socket | None:
    """Return a connection, or None where nobody listens, or several threads or processes work."""
    if address in ("", OFF) or os.environ.get("OMP_NUM_THREADS", "1") != "1":
        return None
    if in_several_processes():
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        return None
    return connection


def _ask(connection: socket.socket, arguments: list[str]) -> int:
    """Hand over the request with standard output and error, and wait for the exit status."""
    request = json.dumps(
        {"directory": os.getcwd(), "environment": dict(os.environ), "arguments": arguments}
    ).encode()
    socket.send_fds(connection, [f"{len(request):08d}".encode()], [1, 2])
    connection.sendall(request)
    signal.signal(signal.SIGTERM, lambda number, frame: connection.sendall(bytes([number])))
    status = connection.recv(1)
    if not status:
        print("the job's process ended without a word", file=sys.stderr)
        return BY_SIGNAL + signal.SIGKILL
    return status[0]


def _end_by(number: int) -> str:
    """Say how a signal ended the job."""
    if number == signal.SIGKILL:
        return f"the job's process was killed (signal {number}), perhaps for want of memory"
    how = "was ended" if number in SENT else "crashed"
    why = ", as at a time limit or to make room for another job" * (number == signal.SIGTERM)
    return f"the job's process {how} (signal {number}, {signal.strsignal(number)}){why}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
