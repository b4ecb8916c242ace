"""A function of one's own in place of the loop, and what a study refuses of trainings."""

import sys
import types
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.data.dataset import build_dataset, samples_of
from hessian_boundary.networks.stored import losses_of, trained_module
from hessian_boundary.training.options import TrainingOptions
from hessian_boundary.training.run import run_training

SETTINGS: dict[str, Any] = {
    "architecture": {"name": "mlp", "hidden": [6], "activation": "relu"}, "labels": "y",
    "start": "default", "loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.05,
    "weight_decay": 0, "batch_size": 32, "epochs": 3, "presumes_fit": False,
}  # fmt: skip
CPU = torch.device("cpu")


def dataset(train_fraction: float = 0.5):
    state = np.random.RandomState(0)
    y = np.arange(90) % 3
    x = (state.standard_normal((90, 2)) + 2 * np.eye(3)[y][:, :2]).astype(np.float32)
    return build_dataset(x, y, train_fraction=train_fraction)


def run(data=None, **changes: Any):
    options = TrainingOptions.of_settings(SETTINGS | changes)
    data = dataset() if data is None else data
    return run_training(data, None, options, name="a/b", seed=1, device=CPU)


@pytest.fixture
def own(monkeypatch):
    """Train by a function: it is found as a module of that name."""

    def train_by(function, **changes: Any):
        module = types.ModuleType("own_loop")
        module.train = function  # type: ignore[attr-defined]
        module.__file__ = "here/own_loop.py"
        monkeypatch.setitem(sys.modules, "own_loop", module)
        return run(training="own_loop", **changes)

    return train_by


def usual(network, data, seed):
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(20):
        x = data.x_train + 0.01 * torch.randn_like(data.x_train)
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), data.y_train).backward()
        optimizer.step()
    return network


def test_the_network_that_is_returned_is_the_model(own):
    seen = {}

    def train(network, data, seed):
        assert network.training
        seen.update(data=data, seed=seed)
        trained = usual(network, data, seed)
        seen["state"] = {name: value.clone() for name, value in trained.state_dict().items()}
        return trained

    model = own(train)
    x, y = samples_of(dataset(), "train")
    assert torch.equal(seen["data"].x_train, x)
    assert torch.equal(seen["data"].y_train, y)
    assert len(seen["data"].x_validation) == len(seen["data"].y_validation) == 27
    assert seen["data"].classes == 3
    assert 0 <= seen["seed"] < 2**32
    found = trained_module(model, torch.float32, CPU).state_dict()
    assert all(torch.equal(found[name], value) for name, value in seen["state"].items())
    assert model.sizes["epoch"] == 0
    assert model.attrs["status"] in ("fitted", "not fitted")
    assert model.identical(own(train)), "draws are seeded"


def test_a_result_that_is_not_finite_is_a_training_that_diverged(own):
    def train(network, data, seed):
        with torch.no_grad():
            next(network.parameters()).fill_(float("nan"))
        return network

    assert own(train).attrs["status"] == "diverged"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda network: None, "expected the trained network from `train` in .*, found NoneType"),
        (lambda network: nn.Linear(2, 3), "expected the parameters and buffers of the network"),
        (lambda network: network.double(), "of shape .* and torch.float32, found .* torch.float64"),
        (
            lambda network: network.append(nn.BatchNorm1d(3)),
            r"2.weight.* missing, found .*of shape|missing, found",
        ),
    ],
)
def test_another_result_is_refused(own, result, message):
    with pytest.raises(ValueError, match=message):
        own(lambda network, data, seed: result(network))


def _frozen(network: nn.Module) -> nn.Module:
    network[0].requires_grad_(False)
    return network


class _Shift(nn.Linear):
    """Adds what no state_dict has."""

    shift = 0.0

    def forward(self, x):
        return super().forward(x) + self.shift


def _shifted(network: nn.Module) -> nn.Module:
    network[-1].__class__ = _Shift
    network[-1].shift = 0.5
    return network


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_frozen, "another `requires_grad` for 0.bias, 0.weight; freeze in the file of the arch"),
        (_shifted, "give the logits of its parameters and buffers, found others: it holds"),
    ],
)
def test_a_result_that_is_another_network_than_its_numbers_say_is_refused(own, change, message):
    with pytest.raises(ValueError, match=message):
        own(lambda network, data, seed: change(usual(network, data, seed)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("momentum", 0.9), ("early_stopping", {"patience": 2}), ("checkpoints", [1]),
        ("learning_rate_schedule", {"name": "cosine"}), ("clip_gradient_norm", 1.0),
        ("accumulate_batches", 2), ("shuffle_seed", 3), ("decay_biases_and_norms", False),
    ],
)  # fmt: skip
def test_what_has_no_effect_beside_a_loop_of_ones_own_is_refused(own, key, value):
    with pytest.raises(ValueError, match=f"without {key}, found .* take it out"):
        own(usual, **{key: value})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nesterov": True}, "a momentum above 0 with `nesterov: true`, found sgd and 0"),
        ({"optimizer": "adam", "momentum": 0.9}, "momentum with the optimizer sgd or rmsprop"),
        ({"optimizer_options": {"lr": 1}}, "optimizer_options without .*, found lr"),
        ({"optimizer_options": {"rate": 1}}, "that torch.optim.SGD takes, found 'rate'"),
        ({"learning_rate_schedule": {"name": "waves"}}, "among .*, found 'waves'"),
        ({"learning_rate_schedule": {"name": "step"}}, "expected step_size for .* 'step'"),
        ({"learning_rate_schedule": {"name": "cosine", "gamma": 1}}, "found gamma; take gamma out"),
        ({"learning_rate_schedule": {"name": "one_cycle", "warm_up": 1}}, "no warm_up for"),
        (
            {"learning_rate_schedule": {"name": "cosine", "warm_up": 3}},
            "less than the training's 3",
        ),
        ({"class_weights": [1, 2]}, "class weight for each of 3 classes, found 2"),
    ],
)
def test_options_that_do_not_go_together_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        run(**changes)


def test_early_stopping_needs_validation_samples():
    with pytest.raises(ValueError, match="validation samples for `early_stopping`, found none"):
        run(dataset(0.8), early_stopping={"patience": 2})


def test_balanced_weights_need_samples_of_each_class():
    data = dataset()
    data["y_random"] = data["y_random"].clip(max=1)
    with pytest.raises(ValueError, match="found none of class 2; write a list of 3 weights"):
        run(data, labels="y_random", class_weights="balanced")


def test_the_order_of_samples_may_have_a_seed_of_its_own():
    one, other = (run(shuffle_seed=seed)["parameters"].values for seed in (1, 2))
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, run(shuffle_seed=1)["parameters"].values)


@pytest.mark.parametrize(("hessian_loss", "weighted"), [("trained", True), ("plain", False)])
def test_the_artifact_says_of_which_loss_the_hessian_is(hessian_loss, weighted):
    changes = {"class_weights": [1, 2, 4], "label_smoothing": 0.1, "hessian_loss": hessian_loss}
    model = run(**changes)
    about = {name: model.attrs[name] for name in changes}
    assert about == changes | {"class_weights": [1.0, 2.0, 4.0]}
    x, y = samples_of(dataset(), "train")
    logits = trained_module(model, torch.float64, CPU)(x.double())
    weights = torch.tensor([1, 2, 4]).double() if weighted else None
    smoothing = 0.1 if weighted else 0.0
    expected = nn.functional.cross_entropy(logits, y, weights, label_smoothing=smoothing)
    per_sample, trained = losses_of(model, y)
    torch.testing.assert_close(per_sample(logits, y).mean(), expected)
    torch.testing.assert_close(trained(logits, y), expected)


def test_balanced_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    _, y = samples_of(dataset(), "train")
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y.numpy())
    found = run(class_weights="balanced").attrs["class_weights"]
    np.testing.assert_allclose(found, expected)


def test_a_training_that_reads_a_file_is_refused(own, tmp_path):
    file = tmp_path / "schedule.txt"
    file.write_text("0.1")

    def train(network, data, seed):
        file.read_text()
        return network

    with pytest.raises(ValueError, match=r"to read no files, found that it opens .*schedule.txt"):
        own(train)
