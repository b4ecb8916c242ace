"""A run that is asked to end passes that on to Snakemake, and waits for it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.waiting import wait_until

# stands in for Snakemake: says that it was asked, takes its time, and has a status of its own
SNAKEMAKE = "trap 'sleep 1; touch ended; exit 7' TERM; touch ready; while :; do sleep 0.1; done"
RUN = f"""\
import sys
from hessian_study.commands import run

run.PYTHON = ("sh", "-c", {SNAKEMAKE!r})
sys.exit(run.run_snakemake([]))
"""


def started(folder: Path, *before: str) -> subprocess.Popen[bytes]:
    run = subprocess.Popen(
        [*before, sys.executable, "-c", RUN],
        cwd=folder,
        start_new_session=True,
        # where the tests themselves are to ignore it
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    wait_until((folder / "ready").exists)
    return run


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_end_asks_snakemake_and_waits(
    tmp_path: Path, end: signal.Signals
) -> None:
    run = started(tmp_path)
    try:
        run.send_signal(end)
        assert run.wait(timeout=60) == 7
        assert (tmp_path / "ended").exists()
    finally:
        if not (tmp_path / "ended").exists():
            os.killpg(run.pid, signal.SIGKILL)


def test_a_hang_up_that_is_to_be_ignored_is_ignored(tmp_path: Path) -> None:
    run = started(tmp_path, "nohup")
    run.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(timeout=2)
    run.send_signal(signal.SIGTERM)
    assert run.wait(timeout=60) == 7
