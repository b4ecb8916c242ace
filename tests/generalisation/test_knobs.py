"""Walks through the knobs, and which models they plan."""

import itertools
from collections import Counter

import numpy as np
import pytest

from hessian_boundary.generalisation.knobs import DEFAULTS, planned_models, walk

VALUES = {
    "width": [4, 8],
    "depth": [1, 2, 3],
    "label_noise": [0, 0.1],
    "start": ["normal", "large_norm"],
}


def test_each_step_turns_one_knob_and_each_knob_is_turned_once() -> None:
    points = walk(VALUES, np.random.default_rng(0))
    assert len(points) == len(VALUES) + 1
    turned = [
        [name for name in one if one[name] != other[name]]
        for one, other in itertools.pairwise(points)
    ]
    assert sorted(name for (name,) in turned) == sorted(VALUES)
    assert all(point[name] in VALUES[name] for point in points for name in VALUES)
    assert all(point["epochs"] == DEFAULTS["epochs"] for point in points)


def test_first_points_are_trained_with_two_seeds() -> None:
    planned = planned_models("gaussian", "explore", VALUES, walks=2, repeats=3)
    assert len(planned) == 2 * (len(VALUES) + 1 + 3)
    assert Counter((m.walk, m.point) for m in planned)[(1, 2)] == 2
    assert Counter((m.walk, m.point) for m in planned)[(1, 3)] == 1


def test_halves_and_data_sets_have_walks_of_their_own() -> None:
    plans = {
        (name, half): [m.knobs for m in planned_models(name, half, VALUES, 3, 0)]
        for name in ("gaussian", "circle")
        for half in ("explore", "confirm")
    }
    assert len({str(plan) for plan in plans.values()}) == 4
    again = [m.knobs for m in planned_models("gaussian", "explore", VALUES, 3, 0)]
    assert plans["gaussian", "explore"] == again


def test_a_knob_that_is_not_known_or_cannot_be_turned_is_refused() -> None:
    draw = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"expected knobs among initial_scale.*found 'momentum'"):
        walk({"momentum": [0, 0.9]}, draw)
    with pytest.raises(ValueError, match=r"two values of the knob width, found \[4, 4\]"):
        walk({"width": [4, 4]}, draw)
