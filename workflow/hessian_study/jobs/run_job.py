"""Start a job: `python -m hessian_study.jobs.run_job FILE`, as `job` takes it.

Where a warm process listens (see `warm_process`) the job is forked from it, else it runs
right here. Either way this process ends when the job does, with its exit status.
"""

import json
import os
import socket
import sys

ADDRESS = "HESSIAN_WARM_PROCESS"  # environment variable with the path of the warm process's socket
KILLED = 128 + 9


def main(arguments: list[str]) -> int:
    """Run the job and return its exit status."""
    connection = _connect(os.environ.get(ADDRESS, ""))
    if connection is None:
        from hessian_study.jobs.job import main as run_here

        run_here(*arguments)
        return 0
    with connection:
        return _ask(connection, arguments)


def _connect(address: str) -> socket.socket | None:
    """Return a connection, or None where nobody listens or several threads are wanted."""
    if not address or os.environ.get("OMP_NUM_THREADS", "1") != "1":
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
    status = connection.recv(1)
    if not status:
        print("the job's process was killed", file=sys.stderr)
        return KILLED
    return status[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
