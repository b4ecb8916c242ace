"""What a model itself tells, as tables without a spectrum take it: against a count by hand."""

import numpy as np
import pytest
import torch

from helpers.step_on_a_model import step_on_a_model
from hessian_boundary.artifacts.store import open_artifact, open_table
from hessian_boundary.networks.stored import trained_module
from hessian_study.configuration.targets.columns import MEASURED
from hessian_study.steps.measure_training import main

TRAINED = {
    **{"norm_published": "3", "norm_l2": "2", "epochs": "7", "train_accuracy": "1"},
    **{"validation_accuracy": "nan", "test_accuracy": "0.5"},
}


def _values(folder, **attributes):
    job = step_on_a_model(folder, "measures", **{**TRAINED, **attributes, "presumes_fit": "yes"})
    job.spec["settings"] = {"generator": "iris", "parameters": {}}  # cannot be drawn afresh
    main(job)
    table = open_table(job.output["measures"])
    assert set(table["training"]) == {"normal"}
    return table.set_index("measure")["value"], set(table["status"])


def test_norms_and_errors_are_the_models(tmp_path):
    values, status = _values(tmp_path)
    assert status == {"fitted"}
    assert set(values.index) == set(MEASURED["training_measures"])
    assert values[["norm_l2", "norm_published", "epochs", "train_error"]].tolist() == [2, 3, 7, 0]
    assert np.isnan(values["validation_error"])
    dataset = open_artifact(tmp_path / "dataset.zarr.zip", "dataset")
    model = open_artifact(tmp_path / "model.zarr.zip", "model")
    part = dataset["split"].values == "test"
    module = trained_module(model, torch.float32, "cpu")
    found = module(torch.from_numpy(dataset["x"].values[part])).argmax(1).numpy()
    assert values["test_error"] == pytest.approx((found != dataset["y"].values[part]).mean())
    assert values["test_samples"] == 6


def test_a_training_that_diverged_has_a_row_and_no_test_error(tmp_path):
    values, status = _values(tmp_path, status="diverged")
    assert status == {"diverged"}
    assert np.isnan(values["test_error"])
