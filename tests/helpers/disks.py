"""Disks that take no more: mounted on a folder, filled, or only to be read."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something on a folder; where that is not permitted, skip the test."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"cannot mount a file system here ({done.stderr.strip()}); root can")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(folder: Path, leaving: int) -> None:
    status = os.statvfs(folder)
    with (folder / "filler").open("wb") as filler:
        filler.write(bytes(status.f_bavail * status.f_frsize - leaving))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write away; from root only a file system can."""
    if os.geteuid() == 0:
        with mounted(folder, "--bind", "-o", "ro", str(folder)):
            yield
        return
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    yield
    for path in folders:
        path.chmod(0o755)
