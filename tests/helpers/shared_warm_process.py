"""One process with the libraries for all runs of a tree of code: importing them takes seconds."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

# A session of its own: a job that ends its whole group of processes must not end the tests.
MAIN = """\
import os, sys
from hessian_study.jobs.run_job import ADDRESS
from hessian_study.jobs.warm_process import start_warm_process

start_warm_process()
print(os.environ[ADDRESS], flush=True)
sys.stdin.read()
"""
# without a reference its standard input would be closed at once
_KEPT = []


@cache
def shared_warm_process(code: Path) -> str:
    """Return its address; it starts at the first call and ends with this process."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{code}/pipeline:{code}/workflow:{code}"},
        start_new_session=True,
    )
    _KEPT.append(process)
    assert process.stdout is not None
    return process.stdout.readline().strip()
