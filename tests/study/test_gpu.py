"""The same numbers on a GPU as on the CPU, within tolerances stated here. Skipped without a GPU.

test_foreign_device.py runs this module with another device in the place of the GPU.
"""

import copy
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from helpers.problems import Case, build_problem
from hessian_boundary.alignment.grids import align_grid
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.run import run_training

CPU, GPU = torch.device("cpu"), torch.device(os.environ.get("OTHER_DEVICE", "cuda"))
pytestmark = pytest.mark.skipif(
    GPU.type == "cuda" and not torch.cuda.is_available(),
    reason="NO GPU HERE: `device: auto` is tested on the CPU only",
)

CURVATURE = {
    "rank_tolerance": 1e-12,
    "memory_limit_gb": 1,
    "eigenpairs": {"top": 6, "bottom": 3},
    "residual_tolerance": 1e-9,
    "density": {"probes": 2, "steps": 5},
}
TRAINING = {
    "labels": "y", "start": "default", "loss": "cross_entropy", "optimizer": "sgd",
    "learning_rate": 0.05, "weight_decay": 0, "batch_size": 64, "epochs": 20,
    "stop_when_fitted": False, "presumes_fit": True,
}  # fmt: skip


def _data(shape: tuple[int, ...]) -> xr.Dataset:
    state = np.random.RandomState(0)
    y = np.arange(300) % 3
    x = state.standard_normal((300, *shape)) + y.reshape(-1, *(1 for _ in shape))
    return build_dataset(x.astype(np.float32), y, train_fraction=0.5)


def _problem(case: Case, device: torch.device) -> Problem:
    where = (copy.deepcopy(case.module).to(device), case.x.to(device), case.y.to(device))
    return Problem(*where, cross_entropy_per_sample)


def _spectrum(case: Case, method: str, device: torch.device) -> xr.Dataset:
    options = CurvatureOptions.of_settings({**CURVATURE, "method": method})
    return compute_spectrum(_problem(case, device), options)


@pytest.fixture(autouse=True)
def _full_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """As hessian_study.jobs.run_job has it."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [({"name": "mlp", "hidden": [20, 20], "activation": "relu"}, (2,)),
     ({"name": "lenet5"}, (3, 32, 32))],
)  # fmt: skip
def test_training_ends_in_the_same_network(
    architecture: Mapping[str, Any], shape: tuple[int, ...]
) -> None:
    """In float32, after 60 steps: 1e-3 of the parameters' length."""
    dataset, settings = _data(shape), {**TRAINING, "architecture": architecture}
    runs = [
        run_training(
            dataset, None, TrainingOptions.of_settings(settings), name="a/b", seed=0, device=device
        )["parameters"]
        for device in (CPU, GPU)
    ]
    assert float(np.linalg.norm(runs[0] - runs[1])) < 1e-3 * float(np.linalg.norm(runs[0]))


@pytest.mark.parametrize("method", ["dense", "range", "lanczos"])
@pytest.mark.parametrize("name", ["mlp_relu", "mlp_sigmoid", "cnn"])
def test_spectra_and_alignments_agree(name: str, method: str) -> None:
    """In float64: eigenvalues to 1e-9 λ_max, resolved shares and grids to 1e-6."""
    case = build_problem(name)
    on_cpu, on_gpu = (_spectrum(case, method, device) for device in (CPU, GPU))
    top = abs(on_cpu["eigenvalues"]).max()
    shared = min(len(on_cpu["eigenvalues"]), len(on_gpu["eigenvalues"]))
    assert abs(len(on_cpu["eigenvalues"]) - len(on_gpu["eigenvalues"])) <= 2  # at the tolerance
    difference = on_cpu["eigenvalues"][:shared].values - on_gpu["eigenvalues"][:shared].values
    assert abs(difference).max() < 1e-9 * top
    assert float(on_gpu["residuals"].max()) < 1e-8 * top
    shares = [
        align_samples(_problem(case, device), spectrum)["resolved_share"]
        for device, spectrum in ((CPU, on_cpu), (GPU, on_gpu))
    ]
    np.testing.assert_allclose(*shares, atol=1e-6)


def test_grids_agree() -> None:
    """In float64, with the same eigenvectors: cosines to 1e-9."""
    case = build_problem("mlp_relu")
    spectrum = _spectrum(case, "range", CPU)
    window = ((-2.0, 2.0), (-2.0, 2.0))
    grids = [
        align_grid(_problem(case, device), window, 20, spectrum, eigenvectors=3)["alignment"]
        for device in (CPU, GPU)
    ]
    np.testing.assert_allclose(*grids, atol=1e-9)
