"""When a long training writes its state, and how it ends when it is told to."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.runtime.termination import Termination, termination_held
from hessian_boundary.training.unfinished.packing import packed, unpacked

INTERVAL = 60.0  # seconds between two states
SHARE = 0.01  # of the time, that writing them may take


class Saver:
    """Writes the state of a training into `work`, if there is one."""

    def __init__(self, work: UnfinishedWork | None, termination: Termination) -> None:
        self._work, self._termination = work, termination
        self._next = time.monotonic() + INTERVAL

    def load(self) -> Any:
        """Return the state to go on from, or None."""
        found = self._work.load() if self._work else None
        return None if found is None else unpacked(found)

    def due(self) -> bool:
        """Whether the state should be written now."""
        return self._termination.asked or (
            self._work is not None and time.monotonic() >= self._next
        )

    def save(self, state: Callable[[], dict[str, Any]], where: str) -> None:
        """Write a state; where SIGTERM asks for it, this is the end of the process."""
        message = " where nothing keeps its state"
        if self._work is not None:
            started = time.monotonic()
            self._work.save(packed(state()))
            ended = time.monotonic()
            self._next = ended + max(INTERVAL, (ended - started) / SHARE)
            message = f"; its state is kept in {self._work.folder}, and the next run goes on there"
        if self._termination.asked:
            self._termination.deliver(f" {where}{message}")

    def say(self, where: str) -> None:
        """Write a line about a training that goes on."""
        print(
            f"going on {where}, from the state in {self._work and self._work.folder}",
            file=sys.stderr,
        )


@contextmanager
def saving(work: UnfinishedWork | None) -> Iterator[Saver]:
    """Hold SIGTERM back while a training is at work that can be gone on with."""
    if work is None:
        yield Saver(None, Termination())
        return
    with termination_held() as termination:
        yield Saver(work, termination)
