"""The traced boundary of random ReLU networks against predictions on a dense grid of lines."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from helpers.examples import examples
from helpers.plane_networks import WINDOW, linear
from hessian_boundary import exact_boundary
from hessian_boundary.boundary.exact import distance_to_boundary
from hessian_boundary.certificates.certificate import CertificateError

TIE = 1e-11  # logits that differ by less are equal: round-off must not decide who is predicted
LINES = 41


@dataclass(frozen=True)
class Plane:
    """Weights are multiples of 1/2 or normal; of the former, lines and logits often coincide."""

    hidden: tuple[int, ...]
    classes: int
    halves: bool
    zero_biases: bool
    dead: bool  # the first unit of each layer is
    twins: bool  # the last two logits are the same
    seed: int

    def build(self) -> nn.Sequential:
        draw = np.random.default_rng(self.seed)
        parts: list[nn.Module] = []
        sizes = [2, *self.hidden, self.classes]
        for depth, (width, out) in enumerate(pairwise(sizes)):
            shape = (out, width + 1)
            rows = draw.integers(-3, 4, shape) / 2 if self.halves else draw.normal(size=shape)
            if self.zero_biases:
                rows[:, -1] = 0
            if self.dead and depth < len(self.hidden):
                rows[0] = [*np.zeros(width), -1]
            if self.twins and depth == len(self.hidden):
                rows[-1] = rows[-2]
            parts += [linear(rows[:, :-1], rows[:, -1]), nn.ReLU()]
        return nn.Sequential(*parts[:-1])


PLANES = st.builds(
    Plane,
    hidden=st.lists(st.integers(1, 6), max_size=3).map(tuple),
    classes=st.integers(2, 4),
    halves=st.booleans(),
    zero_biases=st.booleans(),
    dead=st.booleans(),
    twins=st.booleans(),
    seed=st.integers(0, 10_000),
)


def predicted(network: nn.Module, points: np.ndarray) -> np.ndarray:
    """The lowest of the largest logits."""
    logits = network(torch.from_numpy(points)).detach().numpy()
    allowed = TIE * np.abs(logits).max(initial=1)
    return (logits >= logits.max(axis=1, keepdims=True) - allowed).argmax(axis=1)


def crossings(network: nn.Module) -> np.ndarray:
    """Where the prediction changes along lines that no weight in halves knows, by bisection."""
    x, y = np.linspace(-0.997, 0.997, LINES) + 1.7e-4, np.linspace(-0.991, 0.991, LINES) - 2.3e-3
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    labels = predicted(network, grid.reshape(-1, 2)).reshape(grid.shape[:2])
    found = []
    for first, second in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        changes = labels[first] != labels[second]
        low, high, before = grid[first][changes], grid[second][changes], labels[first][changes]
        for _ in range(50):
            middle = (low + high) / 2
            same = (predicted(network, middle) == before)[:, None]
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        found.append(high)
    return np.concatenate(found)


def check(plane: Plane) -> None:
    network = plane.build()
    try:
        boundary = exact_boundary(network, WINDOW)
    except CertificateError as error:
        raise AssertionError(f"a piecewise linear network is traced, found {error}") from error
    changes = crossings(network)
    missed = distance_to_boundary(changes, boundary)["distance"].values > 1e-7
    assert not missed.any(), changes[missed]
    assert_real(network, boundary)


def assert_real(network: nn.Module, boundary: xr.Dataset) -> None:
    """Beside each piece its two classes are predicted, but where another piece runs near."""
    start, end = boundary["start"].values, boundary["end"].values
    for piece, (a, b) in enumerate(zip(start, end, strict=True)):
        length = np.hypot(*(b - a))
        middle, normal = a + 0.37 * (b - a), np.array([a[1] - b[1], b[0] - a[0]]) / length
        others = boundary.isel(piece=np.delete(np.arange(len(start)), piece))
        near = distance_to_boundary(middle[None], others)["distance"].values[0] < 1e-4
        if length < 1e-3 or near:
            continue
        step = 1e-5
        sides = np.stack([middle + step * normal, middle - step * normal])
        inside = (np.abs(sides) <= 1).all(axis=1)
        assert (predicted(network, sides) == boundary["classes"].values[piece])[inside].all()


@examples(60)
@given(PLANES)
def test_no_change_of_the_prediction_is_missed_and_no_piece_is_made_up(plane: Plane) -> None:
    check(plane)


@pytest.mark.slow
@examples(1000)
@given(PLANES)
def test_many_boundaries(plane: Plane) -> None:
    check(plane)
