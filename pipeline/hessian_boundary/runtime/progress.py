"""One log line now and then inside long steps, with an estimate of the time left.

Of several processes on one computation the first one alone speaks; the others do the same.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

INTERVAL = 5.0  # seconds
SPEAKER = """
import select, sys, time
_, label, interval = sys.argv
start = time.monotonic()
while not select.select([sys.stdin], [], [], float(interval))[0]:
    print(f"{label}: {time.monotonic() - start:.0f} s so far", file=sys.stderr, flush=True)
"""


class Progress:
    """Print `label: done/total, details, about … left` at most every `interval` seconds."""

    def __init__(self, label: str, total: int | None, interval: float = INTERVAL) -> None:
        self.label, self.total, self.interval = label, total, interval
        self.start = self.last = time.monotonic()

    def update(self, done: int, details: str = "") -> None:
        """Report `done` of `total` units if the last line is old enough."""
        now = time.monotonic()
        if now - self.last < self.interval:
            return
        self.last = now
        line = f"{self.label}: {done:,}"
        if self.total:
            left = (now - self.start) / max(done, 1) * (self.total - done)
            line += f" of {self.total:,}, about {left:.0f} s left"
        _say(f"{line}{', ' if details else ''}{details}")


@contextmanager
def at_work(label: str, interval: float = INTERVAL) -> Iterator[None]:
    """Print `label: 15 s so far` every `interval` seconds until what runs inside has ended.

    It is for one call of a library that tells nothing meanwhile. The call has to release Python's
    lock, as PyTorch's do; for SciPy's LAPACK functions there is `at_work_with_the_lock`.
    """
    ended, start = Event(), time.monotonic()

    def speak() -> None:
        while not ended.wait(interval):
            _say(f"{label}: {time.monotonic() - start:.0f} s so far")

    speaker = Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        ended.set()
        speaker.join()


@contextmanager
def at_work_with_the_lock(label: str, interval: float = INTERVAL) -> Iterator[None]:
    """Print what `at_work` does while a call keeps Python's lock: another process speaks."""
    if not _speaks():
        yield
        return
    # it ends with its standard input, that is with this process, however that ends
    command = [sys.executable, "-I", "-c", SPEAKER, label, str(interval)]
    with subprocess.Popen(command, stdin=subprocess.PIPE):
        yield


def _speaks() -> bool:
    return os.environ.get("RANK", "0") == "0"  # as torchrun numbers its processes


def _say(line: str) -> None:
    if _speaks():
        print(line, file=sys.stderr, flush=True)
