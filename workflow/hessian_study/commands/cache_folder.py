"""A place for Snakemake's caches where the home folder cannot be written to."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

VARIABLE = "XDG_CACHE_HOME"  # where programs keep their caches; else ~/.cache


@contextlib.contextmanager
def writable_cache() -> Iterator[None]:
    """Let the cache folder be a temporary one meanwhile, if the usual one cannot be written."""
    usual = Path(os.environ.get(VARIABLE) or Path("~/.cache").expanduser())
    if _is_writable(usual):
        yield
        return
    before = os.environ.get(VARIABLE)
    with TemporaryDirectory() as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            os.environ.pop(VARIABLE)
            if before is not None:
                os.environ[VARIABLE] = before


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
