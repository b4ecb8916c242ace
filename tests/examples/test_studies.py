"""Studies of one's own, from their folders to tables and figures, run as somebody else would."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn

from helpers.tiny_study import ROOT
from hessian_boundary.artifacts.store import open_artifact, open_table
from hessian_boundary.runtime.own_code import own_function

STUDIES = sorted(path.parent.name for path in ROOT.glob("examples/*/study.yaml"))
MOST_LINES = 15  # of YAML, comments apart


def copied(name: str, folder: Path) -> Path:
    """A copy of an example, which nobody has run."""
    ignored = shutil.ignore_patterns("results", "logs", ".snakemake", "*.pt", "*.npz")
    return Path(shutil.copytree(ROOT / "examples" / name, folder / name, ignore=ignored))


def call(folder: Path, *command: str) -> str:
    """What a command prints that ends well, called from another folder."""
    result = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def run(study: Path, *options: str) -> str:
    """Run a study from the folder that its folder is in."""
    file = f"{study.name}/study.yaml"
    return call(study.parent, "-m", "hessian_study.commands.main", "run", file, *options)


def largest_eigenvalue(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """Power iteration with plain reverse-over-reverse products, in float64."""
    parameters = list(network.parameters())
    loss = nn.functional.cross_entropy(network(x), y)
    gradient = _flat(torch.autograd.grad(loss, parameters, create_graph=True))
    vector = torch.ones_like(gradient) / len(gradient) ** 0.5
    for _ in range(500):
        product = _flat(torch.autograd.grad(gradient @ vector, parameters, retain_graph=True))
        value, vector = float(vector @ product), product / product.norm()
    return value


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def measures(study: Path, experiment: str) -> dict[str, float]:
    table = open_table(study / "results/study" / experiment / "seed0/measures.csv")
    return dict(zip(table["measure"], table["value"], strict=True))


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_short(name: str) -> None:
    text = (ROOT / "examples" / name / "study.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= MOST_LINES


@pytest.mark.slow
@pytest.mark.thorough
def test_a_table_of_ones_own_and_an_own_network(tmp_path: Path) -> None:
    study = copied("flowers", tmp_path)
    run(study)
    results = study / "results/study"
    overview = open_table(results / "tables/overview.csv")
    assert overview["architecture.width"].tolist() == [8, 64]
    assert overview["g_theta_max"].between(0, 1, inclusive="neither").all()
    dataset = open_artifact(results / "flowers/dataset.zarr.zip")
    assert dataset["class_name"].values.tolist() == ["setosa", "versicolor", "virginica"]
    parts = dataset["y"].values[dataset["split"].values == "train"]
    assert np.bincount(parts).tolist() == [40, 40, 40]  # stratified
    assert (results / "figures/samples.pdf").stat().st_size > 1000
    assert "Nothing to be done" in run(study)


@pytest.mark.slow
def test_a_network_that_was_trained_elsewhere(tmp_path: Path) -> None:
    study = copied("trained_cnn", tmp_path)
    call(study, "train.py")
    run(study)
    found = measures(study, "digits/mine")
    assert found["epochs"] == 0
    assert found["g_theta_max_at_least"] <= found["g_theta_max_at_most"]
    state = torch.load(study / "model.pt", weights_only=True)
    build, _ = own_function(str(study / "cnn.py"), "build")
    network = build().double().eval()
    network.load_state_dict(state)
    model = open_artifact(study / "results/study/digits/mine/seed0/model.zarr.zip")
    trained = _flat([state[name] for name, _ in network.named_parameters()])
    np.testing.assert_array_equal(model["parameters"].values, trained.numpy())
    generate, _ = own_function(str(study / "digits.py"), "generate")
    x, y = generate()
    chosen = np.load(study / "split.npz")["train"]
    samples = torch.from_numpy(x[chosen].astype(np.float32)).double()
    largest = largest_eigenvalue(network, samples, torch.from_numpy(y[chosen]))
    assert found["lambda_max"] == pytest.approx(largest, rel=1e-10)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_sweep_to_its_table_and_scatter_plot(tmp_path: Path) -> None:
    study = copied("sweep", tmp_path)
    config = yaml.safe_load((study / "study.yaml").read_text())
    config["experiments"]["spirals"]["small"]["epochs"] = 20
    (study / "study.yaml").write_text(yaml.safe_dump(config))
    run(study)
    overview = open_table(study / "results/study/tables/overview.csv")
    assert len(overview) == 10
    assert (overview["runs"] == 2).all()
    points = open_table(study / "results/study/figures/plane.csv")
    assert len(points) >= 20
    config["sweeps"]["rates"]["over"]["learning_rate"][-1] = 0.3
    (study / "study.yaml").write_text(yaml.safe_dump(config))
    planned = run(study, "-n", "-v")
    counts = re.findall(r"^train +(\d+)$", planned, re.MULTILINE)  # before and after the jobs
    assert set(counts) == {"4"}, "two widths, two seeds"


@pytest.mark.slow
@pytest.mark.thorough
def test_a_residual_network_trained_as_people_train(tmp_path: Path) -> None:
    study = copied("resnet", tmp_path)
    run(study)
    found = measures(study, "digits/resnet")
    assert found["train_accuracy"] > 0.9
    assert found["lambda_max"] > 0
    assert (study / "results/study/figures/samples.png").stat().st_size > 1000
