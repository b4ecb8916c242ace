"""One log line now and then inside long steps, with an estimate of the time left."""

import sys
import time


class Progress:
    """Print `label: done/total, details, about … left` at most every `interval` seconds."""

    def __init__(self, label: str, total: int | None, interval: float = 5.0) -> None:
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
        print(f"{line}{', ' if details else ''}{details}", file=sys.stderr, flush=True)
