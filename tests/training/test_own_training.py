"""A function of one's own in place of the loop."""

import sys
import types
from typing import Any

import pytest
import torch
from torch import nn

from helpers.short_trainings import CPU, dataset, run
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.stored import trained_module


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


def test_a_training_that_reads_a_file_is_refused(own, tmp_path):
    file = tmp_path / "schedule.txt"
    file.write_text("0.1")

    def train(network, data, seed):
        file.read_text()
        return network

    with pytest.raises(ValueError, match=r"to read no files, found that it opens .*schedule.txt"):
        own(train)
