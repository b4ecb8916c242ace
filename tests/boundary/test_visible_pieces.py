"""The number of pieces one sees: lines put together by hand, and networks' boundaries."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from hessian_boundary.boundary.exact import exact_boundary, untraced_boundary
from hessian_boundary.boundary.visible_pieces import boundary_lines, visible_pieces

WINDOW = ((-1.0, 1.0), (-1.0, 1.0))
SAME_POINT = 1e-9


def boundary(*lines: list[tuple[float, float]], classes: tuple[int, int] = (0, 1)) -> xr.Dataset:
    """The boundary whose lines have these corners, with the pieces in no order."""
    starts = [corner for line in lines for corner in line[:-1]]
    ends = [corner for line in lines for corner in line[1:]]
    order = np.random.default_rng(0).permutation(len(starts))
    return xr.Dataset(
        {
            "start": (("piece", "feature"), np.array(starts, dtype=float)[order]),
            "end": (("piece", "feature"), np.array(ends, dtype=float)[order]),
            "classes": (("piece", "side"), np.tile(classes, (len(order), 1))),
        },
        attrs={"window": [list(side) for side in WINDOW]},
    )


def arc(count: int, radius: float, angle: float = 2 * np.pi) -> list[tuple[float, float]]:
    turns = np.linspace(0, angle, count + 1)
    return [(radius * float(np.cos(turn)), radius * float(np.sin(turn))) for turn in turns]


def test_kinks_below_the_tolerance_are_smoothed_over_and_others_are_not() -> None:
    zigzag = [(-1 + 0.1 * i, 0.01 * (i % 2)) for i in range(21)]
    assert visible_pieces(boundary(zigzag), 0.0051) == 1  # of the window's side, 2
    assert visible_pieces(boundary(zigzag), 0.0049 / 2) == 20
    corner = [(-1.0, 0.0), (-0.5, 0.001), (0.0, 0.0), (0.0, 0.5), (0.001, 1.0)]
    assert visible_pieces(boundary(corner)) == 2


def test_a_line_that_comes_back_is_not_one_piece() -> None:
    assert visible_pieces(boundary([(0, 0), (0.5, 0), (0, 1e-4)])) == 2  # a spike


@pytest.mark.parametrize("count", [100, 1000])
def test_a_circle_has_as_many_pieces_as_its_curvature_asks_for(count: int) -> None:
    # a chord over the angle a is r (1 − cos(a/2)) away from its arc; spans are halved
    pieces = visible_pieces(boundary(arc(count, 0.8)), 0.01)
    needed = np.pi / np.arccos(1 - 0.02 / 0.8)
    assert needed <= pieces <= 2 * needed + 2
    assert visible_pieces(boundary(arc(count, 0.8)), 0.5) == 2  # there and back
    assert visible_pieces(boundary(arc(12, 0.009))) == 1  # a dot is seen as one thing


def test_several_lines_are_counted_one_by_one() -> None:
    two = boundary([(-1, -0.5), (0, -0.5), (1, -0.5)], [(-1, 0.5), (0, 0.5), (0, 1)])
    assert visible_pieces(two) == 1 + 2
    lines = boundary_lines(two, SAME_POINT)
    assert sorted(map(len, lines)) == [3, 3]
    corners = {tuple(corner) for line in lines for corner in line.tolist()}
    assert corners == {(-1, -0.5), (0, -0.5), (1, -0.5), (-1, 0.5), (0, 0.5), (0, 1)}


def test_lines_end_where_three_classes_meet() -> None:
    """Three sectors: the logits are linear, so each border is one straight line."""
    module = nn.Linear(2, 3).double()
    angles = torch.tensor([0.1, 2.2, 4.3], dtype=torch.float64)
    module.weight.data = torch.stack([angles.cos(), angles.sin()], dim=1)
    module.bias.data = torch.tensor([0.0, 0.05, 0.02], dtype=torch.float64)
    found = exact_boundary(module, WINDOW)
    assert len(boundary_lines(found, SAME_POINT)) == visible_pieces(found) == 3


def test_of_a_trained_like_network_every_corner_is_within_the_tolerance() -> None:
    """Counted again by a search that starts anew at each corner, which never needs more pieces."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        module = nn.Sequential(nn.Linear(2, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU())
        module = nn.Sequential(module, nn.Linear(40, 2)).double()
    found = exact_boundary(module, WINDOW)
    exact = found.attrs["pieces"]
    lines = boundary_lines(found, SAME_POINT)
    assert sum(len(line) - 1 for line in lines) == exact > 10
    for tolerance in (0.0, 1e-4, 1e-3, 1e-2):
        fewest = sum(_fewest(line, 2 * tolerance) for line in lines)
        assert fewest <= visible_pieces(found, tolerance) <= 2 * fewest
    assert visible_pieces(found, 0.0) == exact


def _fewest(corners: np.ndarray, tolerance: float) -> int:
    """The fewest chords between corners that keep all corners within the tolerance: a search."""
    best = [0] + [len(corners)] * (len(corners) - 1)
    for last in range(1, len(corners)):
        for first in range(last):
            inner, step = corners[first + 1 : last], corners[last] - corners[first]
            share = np.clip((inner - corners[first]) @ step / (step @ step), 0, 1)
            foot = corners[first] + share[:, None] * step
            if np.hypot(*(inner - foot).T).max(initial=0) <= tolerance:
                best[last] = min(best[last], best[first] + 1)
    return best[-1]


def test_without_a_boundary_there_are_no_pieces() -> None:
    assert visible_pieces(untraced_boundary(WINDOW, "no network")) == 0
