"""A study in a folder of one's own: its file, its code, and the command line from elsewhere."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from hessian_boundary.artifacts.store import open_artifact, open_table

pytestmark = pytest.mark.slow  # a whole study each

STUDY = """
seeds: [0]
datasets:
  spirals: {generator: ./spirals.py, parameters: {samples: 60, noise: 1e-1}, train_fraction: 0.5}
experiments:
  spirals:
    small: {architecture: {name: nets/net.py, width: 6}, epochs: 5, learning_rate: 5e-2}
    other: {like: small, architecture: {name: mlp, hidden: [5], activation: relu}}
    short: {like: spirals/other, epochs: 2, curvature: {rank_tolerance: 1e-9}}
figures:
  maps: {layout: alignment_maps, experiments: [spirals/small], eigenvectors: 1}
alignment: {grid_resolution: 8}
"""
CODE = {
    "study.yaml": STUDY,
    "spirals.py": """
import numpy as np

def generate(*, samples, noise):
    state = np.random.RandomState(0)
    angle = 3 * np.pi * np.sqrt(state.rand(samples))
    y = np.arange(samples) % 2
    x = np.column_stack([angle * np.cos(angle + np.pi * y), angle * np.sin(angle + np.pi * y)])
    return x / 10 + noise * state.randn(samples, 2), y
""",
    "nets/net.py": """
import my_blocks
from .my_blocks import last

def build(input_shape, classes, *, width):
    return my_blocks.chain(input_shape[0], width, last(width, classes))
""",
    "nets/my_blocks.py": """
from torch import nn

def chain(inputs, width, end):
    return nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), end)

def last(width, classes):
    return nn.Linear(width, classes)
""",
}
PARTS = ("make_dataset", "train", "diagonalise", "align_samples", "measure")


def write(folder: Path) -> Path:
    for name, text in CODE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    line = [sys.executable, "-m", "hessian_study.commands.main", *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def planned(folder: Path, *targets: str) -> Counter[str]:
    """Return how many jobs of each rule `run` in the folder would start."""
    done = command(folder, "run", *targets, "--dry-run", "--printshellcmds")
    assert done.returncode == 0, done.stderr + done.stdout
    rules = (line.split() for line in done.stdout.splitlines() + done.stderr.splitlines())
    return Counter(line[1].rstrip(":") for line in rules if line[:1] in (["rule"], ["localrule"]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that was made from another folder, by its path."""
    folder = write(tmp_path_factory.mktemp("mine") / "my study")
    result = command(folder.parent, "run", "my study/study.yaml", "--cores", "2")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The same study, moved somewhere else."""
    return Path(shutil.copytree(made, tmp_path / "moved", copy_function=shutil.copy2))


def test_everything_lies_beside_the_file(made: Path) -> None:
    assert [path.name for path in made.parent.iterdir()] == [made.name]
    results = made / "results/study"
    assert {"results", "logs", ".snakemake"} <= {path.name for path in made.iterdir()}
    assert (results / "figures/maps.pdf").is_file()
    assert (results / "report.html").is_file()
    measures = open_table(results / "tables/measures.csv")
    assert set(measures["training"]) == {"small", "other", "short"}
    assert measures.query("measure == 'g_theta_max'")["value"].between(0, 1).all()
    assert (made / "results/study/spirals/short/seed0/measures.csv").is_file()
    model = open_artifact(results / "spirals/small/seed0/model.zarr.zip", "model")
    assert model.sizes["parameter"] == 2 * 6 + 6 + 6 * 2 + 2


def test_a_second_run_has_nothing_to_do_wherever_the_folder_lies(folder: Path) -> None:
    assert planned(folder) == {}
    done = command(folder, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert command(folder.parent, "verify", "moved/study.yaml").returncode == 0


def test_an_edit_of_a_sibling_makes_again_what_uses_it(folder: Path) -> None:
    file = folder / "nets/my_blocks.py"
    file.write_text("# a comment\n" + file.read_text())
    assert planned(folder) == {}
    file.write_text(file.read_text().replace("ReLU", "Tanh"))
    again = planned(folder)
    assert {rule: again[rule] for rule in PARTS} == {
        "make_dataset": 0, "train": 1, "diagonalise": 1, "align_samples": 1, "measure": 1,
    }  # fmt: skip
    assert again["figure"] == 1
    done = command(folder, "verify", "maps")
    assert done.returncode == 1
    assert "results/study/spirals/small/seed0/model.zarr.zip: code" in done.stdout
    done = command(folder, "verify", "results/study/spirals/small/seed0/model.zarr.zip", "--repair")
    assert done.returncode == 0, done.stdout + done.stderr
    assert planned(folder, "results/study/spirals/small/seed0/model.zarr.zip") == {}


def test_an_experiments_curvature_makes_again_only_that_experiment(folder: Path) -> None:
    file = folder / "study.yaml"
    file.write_text(file.read_text().replace("rank_tolerance: 1e-9", "rank_tolerance: 1e-8"))
    again = planned(folder)
    assert {rule: again[rule] for rule in PARTS} == {
        "make_dataset": 0, "train": 0, "diagonalise": 1, "align_samples": 1, "measure": 1,
    }  # fmt: skip
    assert again["figure"] == 0


def test_wrong_files_stop_their_own_steps_only(folder: Path) -> None:
    (folder / "nets/my_blocks.py").write_text("\ndef chain(\n")
    file = folder / "study.yaml"
    missing = "    lost: {like: small, architecture: {name: lost.py}}\nfigures:"
    text = file.read_text().replace("epochs: 2,", "epochs: 3,")
    file.write_text(text.replace("figures:", missing))
    runs = [f"results/study/spirals/{name}/seed0/model.zarr.zip" for name in ("small", "lost")]
    good = "results/study/spirals/short/seed0/measures.csv"
    done = command(folder, "run", "--keep-going", "--cores", "2", *runs, good)
    assert done.returncode != 0
    assert planned(folder, good) == {}
    logs = folder / "logs/study/train/spirals"
    assert (
        "my_blocks.py, found in line 2: '(' was never closed"
        in (logs / "small/seed0.log").read_text()
    )
    assert "expected a file lost.py in" in (logs / "lost/seed0.log").read_text()


def test_other_commands_are_about_the_study(folder: Path) -> None:
    listed = command(folder.parent, "inspect", "moved/study.yaml", "list")
    assert "results/study/spirals/small/seed0/model.zarr.zip" in listed.stdout
    opened = command(folder.parent, "open", "moved/study.yaml")
    assert "results/study/spirals/dataset.zarr.zip" in opened.stdout
    assert (
        "Of the study profile all that was asked for is made" in command(folder, "summary").stdout
    )
    cleaned = command(folder, "clean", "spirals/short", "--yes")
    assert cleaned.returncode == 0, cleaned.stderr
    assert not (folder / "results/study/spirals/short").exists()
    assert (folder / "results/study/spirals/small").is_dir()


def test_a_study_that_is_not_there_or_wrong_is_named(tmp_path: Path) -> None:
    for name in ("run", "verify", "inspect"):
        done = command(tmp_path, name, "none.yaml")
        assert done.returncode == 2
        assert f"{name}: expected a study in none.yaml, found no file in {tmp_path}" in done.stderr
    (tmp_path / "study.yaml").write_text(STUDY.replace("epochs: 2", "epoch: 2"))
    for arguments in (("run", "--dry-run"), ("verify",)):
        done = command(tmp_path, *arguments)
        assert done.returncode != 0
        message = f"{tmp_path}/study.yaml, experiments.spirals.short: unknown key 'epoch'"
        assert message in done.stdout + done.stderr
