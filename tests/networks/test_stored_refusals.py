"""A network that is not the one that was trained is refused, with both values and the way out."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from helpers.own_networks import CPU, blobs, layers, register, trained
from hessian_boundary.networks.stored import trained_module


def normalised(shape: Any, classes: int) -> nn.Module:
    return nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, classes))


class Counting(nn.Module):
    """Keeps what training changes where no artifact can hold it."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.dense, self.what = nn.Linear(2, 3), what
        self.steps, self.mean = 0, torch.zeros(2)
        self.register_buffer("unused", torch.zeros(1))  # keeps the step from being recorded

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.steps += 1
            self.mean = 0.5 * self.mean + 0.5 * x.mean(0) + 1
        if self.what == "a number of steps":
            return self.dense(x) / (1 + self.steps)
        return self.dense(x - self.mean)


@pytest.mark.parametrize("what", ["a number of steps", "a mean"])
def test_what_training_changes_outside_of_parameters_and_buffers_is_refused(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    register(monkeypatch, lambda *_: Counting(what))
    model = trained(blobs())
    stored = float(model["probe_logits"][0, 0])
    with pytest.raises(
        ValueError, match=r"expected .* as stored .* found .*register_buffer"
    ) as error:
        trained_module(model, torch.float64, CPU)
    assert f"{stored:.9g} within" in str(error.value)
    assert "for logit 0 of training sample 0" in str(error.value)


def test_code_that_is_another_since_the_training_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(monkeypatch, lambda shape, classes: layers(2, 5, classes))
    model = trained(blobs())
    register(monkeypatch, lambda s, c: nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, c)))
    with pytest.raises(ValueError, match="as stored after training, from the rebuilt network"):
        trained_module(model, torch.float64, CPU)
    register(monkeypatch, lambda s, c: nn.Sequential(nn.Linear(2, 5), nn.Linear(5, c, bias=False)))
    with pytest.raises(ValueError, match="expected 30 parameters for this architecture, found 33"):
        trained_module(model, torch.float64, CPU)
    register(monkeypatch, lambda s, c: nn.Sequential(*layers(2, 5, c), nn.BatchNorm1d(c, False)))
    with pytest.raises(ValueError, match=r"expected .* for this architecture, found"):
        trained_module(model, torch.float64, CPU)


def test_round_off_of_another_machine_passes_and_more_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(monkeypatch, lambda shape, classes: layers(2, 5, classes))
    model = trained(blobs())
    largest = float(np.abs(model["probe_logits"]).max())
    for factor, passes in ((5e-4, True), (2e-3, False)):
        moved = model.assign(probe_logits=model["probe_logits"] + np.float32(factor * largest))
        if passes:
            trained_module(moved, torch.float64, CPU)
        else:
            with pytest.raises(ValueError, match="as stored after training"):
                trained_module(moved, torch.float64, CPU)


@pytest.mark.parametrize(
    ("without", "named"),
    [
        (["probe_logits", "probe_x"], "with probe_x and probe_logits, found one of an earlier"),
        (["checkpoint_buffers"], "with checkpoint_buffers, found one of an earlier version"),
        (["build_seed"], "with the attribute build_seed, found .*run the training again"),
    ],
)
def test_an_artifact_of_an_earlier_version_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, without: list[str], named: str
) -> None:
    register(monkeypatch, normalised)
    model = trained(blobs(), checkpoints=[2])
    old = model.drop_vars([name for name in without if name in model])
    old.attrs = {name: value for name, value in model.attrs.items() if name not in without}
    for use in (
        lambda: trained_module(old, torch.float64, CPU),
        lambda: trained(blobs(), start=old),
    ):
        with pytest.raises(ValueError, match=named):
            use()


def test_an_epoch_without_a_checkpoint_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, lambda shape, classes: layers(2, 5, classes))
    for checkpoints, known in (([0, 2], r"\[0, 2\]"), ([], r"\[\]")):
        model = trained(blobs(), checkpoints=checkpoints)
        message = rf"checkpoint among epochs {known}, found 7; add it to the experiment's"
        with pytest.raises(ValueError, match=message):
            trained_module(model, torch.float64, CPU, 7)
