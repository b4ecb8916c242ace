"""A file for numbers that do not fit into memory, gone when it is closed."""

import shutil
import tempfile
from io import BufferedRandom
from typing import cast

OF_DISK = 0.5  # the part of what is free there that a file may take


def room() -> int:
    """Return how many bytes of temporary files (`TMPDIR`) the disk has room for; 0 without one."""
    try:
        return int(OF_DISK * shutil.disk_usage(tempfile.gettempdir()).free)
    except OSError:  # no folder that may be written to
        return 0


def room_for(size: int) -> bool:
    """Tell whether the disk of temporary files has room for so many bytes."""
    return size <= room()


def scratch_file() -> BufferedRandom:
    """Open a file without a name, to be written and read; closing it deletes it."""
    return cast(BufferedRandom, tempfile.TemporaryFile())
