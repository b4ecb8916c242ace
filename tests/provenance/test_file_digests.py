"""Is a file still the one that was digested?"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hessian_study.provenance import file_digests
from hessian_study.provenance.file_digests import (
    TICK,
    DigestedFile,
    digest_in_this_state,
    file_digest,
)


def settled(path: Path) -> DigestedFile:
    """Digest a file that has been as it is for longer than a tick."""
    path.write_bytes(b"one")
    time.sleep(3 * TICK / 1e9)
    return DigestedFile(str(path))


def test_it_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_digest(tmp_path / "a") == expected
    assert DigestedFile(str(tmp_path / "a")).digest == expected


def test_a_file_that_stays_is_untouched(tmp_path: Path) -> None:
    assert settled(tmp_path / "a").is_untouched()


def test_a_file_in_the_same_state_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(file_digests, "file_digest", lambda path: read.append(path) or "digest")
    path, older = tmp_path / "a", tmp_path / "older"
    for file in (path, older):
        file.write_bytes(b"abc")
    os.utime(older, (1.5e9, 1.5e9))
    for _ in range(3):
        digest_in_this_state(str(path))
    assert len(read) == 1
    older.replace(path)
    digest_in_this_state(str(path))
    assert len(read) == 2


def rewritten(path: Path) -> None:
    path.write_bytes(b"two")


def rewritten_with_its_old_time(path: Path) -> None:
    times = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"one")
    other.replace(path)


def put_back(path: Path) -> None:
    times = path.stat()
    path.write_bytes(b"two")
    path.write_bytes(b"one")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    "change", [rewritten, rewritten_with_its_old_time, replaced, put_back, Path.unlink]
)
def test_every_change_is_noticed(tmp_path: Path, change: Callable[[Path], None]) -> None:
    file = settled(tmp_path / "a")
    change(tmp_path / "a")
    assert not file.is_untouched()


def test_a_change_within_a_tick_of_the_one_before_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    stat = os.stat(path)
    monkeypatch.setattr(os, "stat", lambda path: stat)  # as on a disk whose clock did not tick
    file = DigestedFile(str(path))
    assert file.is_untouched()
    with open(path, "wb") as again:
        again.write(b"two")
    assert not file.is_untouched()
