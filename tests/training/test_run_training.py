"""From a dataset artifact to a model artifact."""

import json
import sys
import types

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.artifacts.schema import check
from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.networks.building import build_model
from hessian_boundary.networks.evaluation import accuracy
from hessian_boundary.networks.parameters import norms, parameter_layers, parameter_vector
from hessian_boundary.networks.stored import trained_module
from hessian_boundary.runtime.seeds import derive_seed
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.run import run_training

SETTINGS = {
    "architecture": {"name": "mlp", "hidden": [7], "activation": "relu"},
    "labels": "y",
    "start": "default",
    "loss": "cross_entropy",
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "weight_decay": 0,
    "batch_size": 64,
    "epochs": 3,
    "stop_when_fitted": False,
    "presumes_fit": True,
}


def _dataset():
    state = np.random.RandomState(0)
    y = np.arange(300) % 3
    x = (state.standard_normal((300, 2)) + 3 * np.eye(3)[y][:, :2]).astype(np.float32)
    return build_dataset(x, y, train_fraction=0.5)


def _run(*, name="toy/normal", seed=0, start=None, **changes):
    settings = {**SETTINGS, **changes}
    device = torch.device("cpu")
    return run_training(
        _dataset(),
        start,
        TrainingOptions.of_settings(settings),
        name=name,
        seed=seed,
        device=device,
    )


def _theta(model):
    return torch.from_numpy(model["parameters"].values)


def test_runs_repeat_exactly_whatever_ran_before_and_differ_by_seed_and_experiment():
    torch.manual_seed(0)
    first = _run(seed=0)
    torch.manual_seed(123)
    other_seed = _run(seed=1)
    again = _run(seed=0)
    assert first.identical(again)
    assert not torch.equal(_theta(first), _theta(other_seed))
    assert not torch.equal(_theta(first), _theta(_run(seed=0, name="toy/other")))


def test_runs_leave_the_global_random_state():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    _run()
    assert torch.equal(torch.get_rng_state(), before)


def test_shuffling_differs_between_seeds_that_start_alike():
    start = _run(learning_rate=0.0)
    like = {"start": start, "epochs": 1}
    assert not torch.equal(_theta(_run(seed=0, **like)), _theta(_run(seed=1, **like)))


def test_model_artifact_says_what_the_network_does():
    model = _run(epochs=40)
    check(model, "model")
    dataset = _dataset()
    module = trained_module(model, torch.float32, torch.device("cpu"))
    for part in ("train", "validation", "test"):
        rows = np.flatnonzero(dataset["split"].values == part)
        logits = module(torch.from_numpy(dataset["x"].values[rows])).detach().numpy()
        hits = (logits.argmax(1) == dataset["y"].values[rows]).mean()
        assert model.attrs[f"{part}_accuracy"] == pytest.approx(hits)
    assert model.attrs["status"] == "not fitted"
    assert model.attrs["epochs"] == model.sizes["epoch"] == 40
    assert json.loads(model.attrs["architecture"]) == SETTINGS["architecture"]
    assert list(model["epoch"].values[[0, -1]]) == [1, 40]
    assert list(model["layer"].values) == parameter_layers(module)
    assert model.attrs["norm_l2"] == pytest.approx(np.linalg.norm(model["parameters"]), rel=1e-6)
    assert model.attrs == {**model.attrs, **norms(_theta(model), parameter_layers(module))}


def test_training_uses_the_labels_that_the_experiment_names():
    random = _run(labels="y_random", epochs=40)
    rows = np.flatnonzero(_dataset()["split"].values == "train")
    module = trained_module(random, torch.float32, torch.device("cpu"))
    predictions = module(torch.from_numpy(_dataset()["x"].values[rows])).argmax(1).numpy()
    hits = (predictions == _dataset()["y_random"].values[rows]).mean()
    assert random.attrs["train_accuracy"] == pytest.approx(hits)
    assert random.attrs["labels"] == "y_random"
    assert not torch.equal(_theta(random), _theta(_run(epochs=40)))


def test_start_from_another_model_takes_its_parameters():
    start = _run(epochs=2, name="toy/random")
    model = _run(start=start, learning_rate=0.0)
    assert torch.equal(_theta(model), _theta(start))


def test_large_norm_start_is_the_fresh_draw_at_the_norm_of_the_other_model():
    start = _run(epochs=2, name="toy/random")
    start["parameters"] = 10 * start["parameters"]
    fresh = _theta(_run(learning_rate=0.0)).double()
    settings = {**SETTINGS, "start": {"norm_of": "toy/random"}, "learning_rate": 0.0}
    model = run_training(
        _dataset(),
        start,
        TrainingOptions.of_settings(settings),
        name="toy/normal",
        seed=0,
        device=torch.device("cpu"),
    )
    found, wanted = _theta(model).double(), _theta(start).double().norm()
    assert float(found.norm()) == pytest.approx(float(wanted), rel=1e-6)
    torch.testing.assert_close(found / found.norm(), fresh / fresh.norm(), rtol=0, atol=1e-6)


def test_start_with_another_architecture_is_refused():
    start = _run(epochs=1)
    with pytest.raises(ValueError, match=r"expected 57 parameters .* found 45"):
        _run(start=start, architecture={**SETTINGS["architecture"], "hidden": [9]})


def test_checkpoints_are_part_of_the_artifact_and_change_nothing_else():
    plain, model = _run(epochs=4), _run(epochs=4, checkpoints=[0, 2, 4])
    assert model["checkpoint_epoch"].values.tolist() == [0, 2, 4]
    assert model.drop_vars(["checkpoints", "checkpoint_epoch"]).identical(plain)
    saved = torch.from_numpy(model["checkpoints"].values)
    assert torch.equal(saved[0], _theta(_run(learning_rate=0.0)))
    assert torch.equal(saved[1], _theta(_run(epochs=2)))
    assert torch.equal(saved[2], _theta(model))


def test_diverged_run_says_so():
    model = _run(learning_rate=1e38, epochs=200)
    assert model.attrs["status"] == "diverged"
    assert model.attrs["epochs"] == 100


def test_fitted_run_says_so_and_stops_early():
    model = _run(
        architecture={**SETTINGS["architecture"], "hidden": [200]},
        learning_rate=0.3, epochs=20_000, batch_size=150, stop_when_fitted=True, labels="y",
    )  # fmt: skip
    assert model.attrs["status"] == "fitted"
    assert model.attrs["train_accuracy"] == 1
    assert model.attrs["epochs"] < 20_000


def test_network_with_buffers_trains_and_comes_back_from_its_artifact_unchanged(monkeypatch):
    custom = types.ModuleType("hessian_boundary.networks.architectures.normalised")
    custom.build = lambda shape, classes: nn.Sequential(
        nn.Linear(*shape, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, classes)
    )
    monkeypatch.setitem(sys.modules, custom.__name__, custom)
    model = _run(architecture={"name": "normalised"}, epochs=5)
    rows = np.flatnonzero(_dataset()["split"].values == "train")
    module = trained_module(model, torch.float32, torch.device("cpu"))
    x, y = (torch.from_numpy(_dataset()[name].values[rows]) for name in ("x", "y"))
    assert model.attrs["train_accuracy"] == pytest.approx(accuracy(module, x, y))
    assert float(module[1].running_mean.abs().max()) > 1e-3


def test_built_models_start_from_the_derived_seed():
    seed = derive_seed("toy/normal", 0, "initialisation")
    expected = build_model(SETTINGS["architecture"], (2,), 3, seed)
    assert torch.equal(_theta(_run(learning_rate=0.0)), parameter_vector(expected))
