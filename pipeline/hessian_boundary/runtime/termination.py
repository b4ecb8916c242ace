"""SIGTERM in long computations: schedulers send it when time is up, or a job has to make room."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Termination:
    """Whether SIGTERM came, and its delivery once what has to be saved is saved."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def hold(self) -> None:
        """Let SIGTERM wait from now on; other threads than the main one cannot, and do not."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._note)

    def deliver(self, message: str = "") -> None:
        """Write a line and let SIGTERM do what it did before, which mostly ends the process."""
        self.release()
        if self.asked:
            self.asked = False
            print(f"ended by SIGTERM{message}", file=sys.stderr, flush=True)
            signal.raise_signal(signal.SIGTERM)

    def release(self) -> None:
        """Let SIGTERM wait no longer."""
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


@contextmanager
def termination_held() -> Iterator[Termination]:
    """Let SIGTERM wait inside the block until `deliver` is called, at its end at the latest."""
    termination = Termination()
    termination.hold()
    try:
        yield termination
    finally:
        termination.deliver()
