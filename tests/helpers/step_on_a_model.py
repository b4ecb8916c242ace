"""A step of the workflow on a small model, called as a job calls it."""

import json
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from hessian_boundary.artifacts.store import save_artifact
from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.networks.building import build_model
from hessian_boundary.networks.parameters import parameter_layers, parameter_vector
from hessian_boundary.networks.stored import network_variables
from hessian_study.jobs.job import Job


def step_on_a_model(folder: Path, *outputs: str, **attributes: str) -> Job:
    """A step that reads a model of 8 units and a data set with 24 training samples."""
    architecture = {"name": "mlp", "hidden": [8], "activation": "relu"}
    module = build_model(architecture, (2,), 2, seed=4)
    draw = np.random.default_rng(0)
    x = draw.standard_normal((30, 2)).astype(np.float32)
    values = {
        "parameters": ("parameter", parameter_vector(module).numpy()),
        "layer": ("parameter", string_array(parameter_layers(module))),
        "loss": ("epoch", np.zeros(1)),
        "accuracy": ("epoch", np.ones(1)),
        **network_variables(module, torch.from_numpy(x)),
    }
    about = {"architecture": json.dumps(architecture), "input_shape": [2], "classes": 2}
    about |= {"build_seed": 4, "status": "fitted", "loss": "cross_entropy", **attributes}
    save_artifact(xr.Dataset(values, attrs=about), folder / "model.zarr.zip", "model", {})
    samples = {
        "x": (("sample", "feature"), x),
        "y": ("sample", draw.integers(0, 2, 30)),
        "y_random": ("sample", np.zeros(30, dtype=int)),
        "split": ("sample", string_array(["train"] * 24 + ["test"] * 6)),
    }
    save_artifact(xr.Dataset(samples), folder / "dataset.zarr.zip", "dataset", {})
    return Job(
        spec={
            "settings": {"rank_tolerance": 1e-12},
            "wildcards": {"dataset": "mine", "training": "normal", "seed": "3"},
        },
        input={name: str(folder / f"{name}.zarr.zip") for name in ("model", "dataset")},
        output={name: str(folder / f"{name}.csv") for name in outputs},
        device="cpu",
    )
