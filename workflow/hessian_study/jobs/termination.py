"""SIGTERM ends a job in order, as SLURM sends it at a time limit and to make room for another.

After some seconds (SLURM's `KillWait`, or the grace time of a partition) SIGKILL follows. A step
that has something to save until then sets a handler of its own. When it has saved, it puts the
former one back and raises the signal again: `signal.raise_signal(signal.SIGTERM)`.
"""

import signal
from types import FrameType
from typing import NoReturn

BY_SIGNAL = 128  # exit status of a process that a signal ended, as shells have it: 128 + signal


def end_in_order() -> None:
    """Have SIGTERM raise SystemExit from now on, so that what a step has opened is closed."""
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # it comes twice: by itself, and passed on by `run_job`
    raise SystemExit(BY_SIGNAL + number)
