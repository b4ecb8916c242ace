"""What a file holds, and whether it is still the file it was."""

import hashlib
import os
import time
from functools import cache
from pathlib import Path

# A file system's clock ticks: two changes within a tick leave the same time behind. Ticks are
# 10 ms or less.
TICK = 100_000_000  # nanoseconds


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_in_this_state(path: str) -> str:
    """Return the SHA-256 of a file that may be large: it is read once as long as it stays as it is.

    Its state, not its time, decides: one that is replaced by an older one is read again.
    """
    return _digest_in_state(path, _state(path))


@cache
def _digest_in_state(path: str, state: tuple[int, ...]) -> str:
    return file_digest(path)


class DigestedFile:
    """A file's digest, and the state it was in before that was taken.

    The system notes the time of every change of a file (`ctime`), and no program can set it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._state = _state(path)
        self._settled = self._state[-1] < time.time_ns() - TICK
        self.digest = file_digest(path)

    def is_untouched(self) -> bool:
        """Tell whether the file was neither replaced nor written to since, nor put back after."""
        try:
            if _state(self._path) != self._state:
                return False
            return self._settled or file_digest(self._path) == self.digest
        except FileNotFoundError:
            return False


def _state(path: str) -> tuple[int, ...]:
    """Return what cannot stay the same when a file is replaced or written to."""
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
