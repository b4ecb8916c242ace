"""A study whose files are named as Python's own are, and import what lies beside the study."""

import sys
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

# a minute; tests/provenance/test_module_places.py has what decides
pytestmark = [pytest.mark.slow, pytest.mark.thorough]

STUDY = """
seeds: [0]
datasets:
  pair: {generator: ./pair.py}
experiments:
  pair:
    small: {architecture: {name: ./mynets/network.py}, epochs: 2}
"""
CODE = {
    "study.yaml": STUDY,
    "copy.py": "raise RuntimeError('the wrong copy')\n",
    "pair.py": """
import numpy as np

def generate():
    x = np.random.RandomState(0).randn(40, 2)
    return x, (x[:, 0] > 0).astype(int)
""",
    "shared.py": "WIDTH = 3\n",
    "mynets/__init__.py": "",
    "mynets/network.py": """
from torch import nn
from mynets.blocks import act

def build(input_shape, classes):
    return nn.Sequential(nn.Linear(*input_shape, 3), act(), nn.Linear(3, classes))
""",
    "mynets/blocks.py": "from torch.nn import ReLU as act\n",
}
DATASET = "results/study/pair/dataset.zarr.zip"
MODEL = "results/study/pair/small/seed0/model.zarr.zip"


def made(folder: Path, target: str) -> CompletedProcess[str]:
    """Run the study's command line as it is installed: not with its folder on Python's path."""
    line = [sys.executable, "-P", "-m", "hessian_study.commands.main"]
    return run(
        [*line, "run", "study.yaml", target, "--cores", "1"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_names_of_pythons_own_modules_and_imports_from_beside_the_study(tmp_path: Path) -> None:
    for name, text in CODE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = made(tmp_path, DATASET)
    assert done.returncode == 0, done.stderr + done.stdout
    done = made(tmp_path, MODEL)
    assert done.returncode != 0
    log = (tmp_path / "logs/study/train/pair/small/seed0.log").read_text()
    assert f"found mynets in {tmp_path}/mynets/" in log
    assert "put it beside the file that imports it and import it relatively" in log
    network = tmp_path / "mynets/network.py"
    network.write_text(network.read_text().replace("from mynets.blocks", "from .blocks"))
    done = made(tmp_path, MODEL)
    assert done.returncode == 0, done.stderr + done.stdout
    blocks = tmp_path / "mynets/blocks.py"
    blocks.write_text(blocks.read_text().replace("ReLU", "Tanh"))
    assert "Nothing to be done" not in made(tmp_path, MODEL).stderr
