"""SHA-256 of files, taken once as long as a file stays the one it was."""

import hashlib
import os
import time
from pathlib import Path

# A change within a clock tick of the file system of a former one leaves the same time behind;
# ticks are 10 ms or less.
TICK = 100_000_000  # nanoseconds


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class FileDigests:
    """Remembers digests, and takes one anew when the file may be another or changed since.

    The system notes the time of every change of a file, and no program can set that time (`ctime`).
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, tuple[int, ...] | None]] = {}

    def __call__(self, path: str) -> str:
        """Return the SHA-256 of a file as it is now."""
        digest, state = self._known.get(path, ("", None))
        if state is None or state != _state(path):
            before, now = _state(path), time.time_ns()
            digest = file_digest(path)
            settled = 0 < before[-1] < now - TICK and before == _state(path)
            self._known[path] = digest, before if settled else None
        return digest


def _state(path: str) -> tuple[int, ...]:
    """Return what cannot stay the same when a file is replaced or written to."""
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
