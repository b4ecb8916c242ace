"""The examples run as they stand, from a folder that is not the project's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.tiny_study import ROOT, TinyStudy

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
RUN = "results/tiny/half_moon/normal/seed0"


def run(example: str, folder: Path, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, str(ROOT / "examples" / example)],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_notebook_of_cells(example):
    cells = re.findall(r"^# %%( \[markdown\])?$", example.read_text(encoding="utf-8"), re.MULTILINE)
    assert cells.count(" [markdown]") >= 3
    assert cells.count("") >= 3


def test_your_own_network(tmp_path):
    printed = run("your_own_network.py", tmp_path)
    (g_theta,) = re.findall(r"G_θ, as the paper computes it: ([\d.e-]+)", printed)
    assert 0 < float(g_theta) < 1
    assert (tmp_path / "your_own_network.png").stat().st_size > 1000
    assert any((tmp_path / "your_own_network").iterdir())


@pytest.mark.slow
def test_reading_the_arrays(tmp_path):
    study = TinyStudy(tmp_path / "study")
    study.directory.mkdir()
    made = study.run(f"{RUN}/measures.csv", f"{RUN}/alignment_grid.zarr.zip")
    assert made.returncode == 0, made.stderr
    printed = run("reading_the_arrays.py", tmp_path, RUN=str(study.directory / RUN))
    (by_hand, stored) = re.findall(r"by hand: (\S+) in measures.csv: (\S+)", printed)[0]
    assert float(by_hand) == pytest.approx(float(stored))
    assert (tmp_path / "reading_the_arrays.png").stat().st_size > 1000
