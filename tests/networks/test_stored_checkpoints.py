"""Checkpoints hold the statistics of their epoch, against formulas that are written out here."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.flat_training import train
from helpers.own_networks import CPU, SETTINGS, blobs, register, trained, training_part
from hessian_boundary.networks.stored import trained_module


def test_a_checkpoint_is_the_network_of_its_epoch_with_the_statistics_of_its_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Against statistics that are written out here: the mean of batch means, and of variances."""
    kept: list[nn.Sequential] = []

    def build(shape: Any, classes: int) -> nn.Module:
        kept.append(nn.Sequential(nn.BatchNorm1d(2, momentum=0.5), nn.Linear(2, classes)))
        return kept[-1]

    register(monkeypatch, build)
    dataset = blobs(32, train_fraction=1.0)
    x, _ = training_part(dataset)
    model = trained(dataset, epochs=9, batch_size=32, checkpoints=[0, 1])
    at_start = trained_module(model, torch.float64, CPU, 0)
    at_one = trained_module(model, torch.float64, CPU, 1)
    scale = 1 / np.sqrt(1 + kept[0][0].eps)
    weight, bias = (p.double() for p in (at_start[1].weight, at_start[1].bias))
    torch.testing.assert_close(at_start(x.double()), scale * x.double() @ weight.T + bias)
    torch.testing.assert_close(at_one[0].running_mean, 0.5 * x.double().mean(0), rtol=0, atol=1e-7)
    torch.testing.assert_close(
        at_one[0].running_var, 0.5 + 0.5 * x.double().var(0), rtol=1e-6, atol=0
    )


def test_checkpoints_hold_the_buffers_of_a_loop_that_is_written_out_here() -> None:
    """The running mean after two epochs of full batches, by its definition."""
    network = nn.Sequential(nn.BatchNorm1d(2, momentum=0.25), nn.Linear(2, 3))
    x, y = torch.randn(20, 2) + 5, torch.arange(20) % 3
    options = {key: SETTINGS[key] for key in ("optimizer", "learning_rate", "weight_decay")}
    training = train(
        network, x, y, F.cross_entropy, **options, batch_size=20, epochs=3, shuffle_seed=0,
        checkpoints=[0, 2],
    )  # fmt: skip
    mean, variance = x.double().mean(0), x.double().var(0)
    expected = torch.cat([(1 - 0.75**2) * mean, 0.75**2 + (1 - 0.75**2) * variance])
    assert list(training.checkpoint_buffers) == [0, 2]
    assert training.checkpoint_buffers[0].tolist() == [0, 0, 1, 1, 0]
    torch.testing.assert_close(training.checkpoint_buffers[2][:4], expected, rtol=1e-5, atol=0)
    assert training.checkpoint_buffers[2][4] == 2
