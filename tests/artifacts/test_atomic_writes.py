"""Files are written whole or not at all, whatever interrupts the writing."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.example_artifacts import PROVENANCE, spectrum
from hessian_boundary.artifacts import store as artifacts
from hessian_boundary.artifacts.store import atomic, save_artifact, save_text


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error):
    path = tmp_path / "a.zarr.zip"
    save_artifact(spectrum(), path, "spectrum", PROVENANCE)
    before = path.read_bytes()
    genuine = zipfile.ZipFile.writestr
    written = []

    def failing(self, *arguments):
        if len(written) == 2:
            raise error
        written.append(arguments)
        genuine(self, *arguments)

    monkeypatch.setattr(artifacts.zipfile.ZipFile, "writestr", failing)
    with pytest.raises(type(error)):
        save_artifact(spectrum(count=3), path, "spectrum", PROVENANCE)
    assert len(written) == 2
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_failed_first_write_leaves_no_file(tmp_path):
    def stop_halfway():
        with atomic(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            assert list(tmp_path.iterdir()) == [temporary]
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stop_halfway()
    assert list(tmp_path.iterdir()) == []


def test_killed_process_leaves_no_target(tmp_path):
    script = (
        "import os, sys\n"
        "from hessian_boundary.artifacts.store import atomic\n"
        "with atomic(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[2]
    target = tmp_path / "a.zarr.zip"
    done = subprocess.run([sys.executable, "-c", script, str(target)], cwd=root, check=False)
    assert done.returncode == -9
    assert not target.exists()


def test_text_replaces_the_old_file(tmp_path):
    save_text("old", tmp_path / "new" / "a.txt")
    save_text("größer ≥ alt\n", tmp_path / "new" / "a.txt")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "größer ≥ alt\n".encode()
