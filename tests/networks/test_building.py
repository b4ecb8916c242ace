"""What `build` returns comes from the seed alone, and a look at it changes nothing."""

import functools
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from helpers.own_networks import X, blobs, register, trained
from hessian_boundary.networks.building import build_model

LAZY: dict[str, Callable[..., nn.Module]] = {
    "dense": lambda s, c: nn.Sequential(nn.LazyLinear(6), nn.Tanh(), nn.LazyLinear(c)),
    "normalisation": lambda s, c: nn.Sequential(
        nn.LazyLinear(6), nn.LazyBatchNorm1d(), nn.ReLU(), nn.Linear(6, c)
    ),
    "convolution": lambda s, c: nn.Sequential(
        nn.Unflatten(1, (1, 2)), nn.LazyConv1d(4, 2), nn.Flatten(), nn.LazyLinear(c)
    ),
}


@pytest.mark.parametrize("build", LAZY.values(), ids=LAZY)
def test_lazy_layers_get_their_sizes_and_the_same_values_each_time(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., nn.Module]
) -> None:
    register(monkeypatch, build)
    first, again = (build_model({"name": "mine"}, (2,), 3, 7, samples) for samples in (X, None))
    assert first(X).shape == (4, 3)
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
    assert trained(blobs()).attrs["status"] in ("fitted", "not fitted")


def test_a_look_at_a_network_changes_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither statistics nor modes nor global states; parts keep modes of their own."""
    kept: list[nn.Module] = []

    def build(shape: tuple[int, ...], classes: int) -> nn.Module:
        kept.append(nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5), nn.Linear(2, classes)))
        kept[-1][0].eval()
        return kept[-1]

    register(monkeypatch, build)
    states = torch.get_rng_state(), np.random.get_state()[1].tobytes(), random.getstate()
    module = build_model({"name": "mine"}, (2,), 3, 7, X)
    assert module is kept[0]
    assert [part.training for part in module] == [False, True, True]
    assert int(module[0].num_batches_tracked) == 0
    after = torch.get_rng_state(), np.random.get_state()[1].tobytes(), random.getstate()
    assert torch.equal(states[0], after[0])
    assert states[1:] == after[1:]


class Drawn(nn.Module):
    """Computes with numbers that are neither parameters nor buffers."""

    def __init__(self, numbers: Any) -> None:
        super().__init__()
        self.dense, self.numbers = nn.Linear(2, 3), numbers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense(x) * torch.as_tensor(self.numbers)


SEEDED = {
    "torch": lambda: torch.randn(3),
    "NumPy": lambda: np.random.uniform(1, 2, 3).astype(np.float32),
    "random": lambda: [random.gauss(0, 1) for _ in range(3)],
    "a shuffled list": lambda: random.sample([1.0, 2.0, 3.0], 3),
}


@pytest.mark.parametrize("draw", SEEDED.values(), ids=SEEDED)
def test_all_that_build_draws_comes_from_the_seed(
    monkeypatch: pytest.MonkeyPatch, draw: Callable[[], Any]
) -> None:
    register(monkeypatch, lambda shape, classes: Drawn(draw()))
    found = [build_model({"name": "mine"}, (2,), 3, seed, X)(X) for seed in (3, 3, 4, 2**62)]
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


UNSEEDED = {
    "a generator without a seed": lambda calls: np.random.default_rng().normal(size=3),
    "how often it was called": lambda calls: [calls.append(1) or len(calls)] * 3,
}


@pytest.mark.parametrize("draw", UNSEEDED.values(), ids=UNSEEDED)
def test_what_no_seed_repeats_is_refused_before_the_training(
    monkeypatch: pytest.MonkeyPatch, draw: Callable[[list[int]], Any]
) -> None:
    calls: list[int] = []
    numbers = functools.partial(draw, calls)
    register(monkeypatch, lambda *_: Drawn(torch.tensor(numbers(), dtype=torch.float32)))
    with pytest.raises(ValueError, match="same seed, found other logits the second time; draw"):
        trained(blobs())


def test_a_build_that_reads_a_file_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "weights.pt"
    torch.save(torch.ones(3), file)
    register(monkeypatch, lambda *_: Drawn(torch.load(file)))
    message = f"'mine' to read no files, found that it opens {file}; start from trained parameters"
    with pytest.raises(ValueError, match=re.escape(message)):
        build_model({"name": "mine"}, (2,), 3, 0, X)
