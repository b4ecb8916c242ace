"""Distances to the exact boundary: by hand, and against densely sampled pieces."""

import numpy as np

from helpers.plane_networks import ONE, WINDOW, ZERO, X, logits, on_axes, random_network
from hessian_boundary.boundary.exact import distance_to_boundary, exact_boundary


def test_distances_against_densely_sampled_pieces() -> None:
    module = random_network([12, 10], 2, 1)
    boundary = exact_boundary(module, WINDOW)
    share = np.linspace(0, 1, 2001)[:, None, None]
    sampled = boundary["start"].values * (1 - share) + boundary["end"].values * share
    points = np.random.default_rng(0).uniform(-1.2, 1.2, (50, 2))
    found = distance_to_boundary(points, boundary)
    brute = np.array([np.hypot(*(sampled - point).reshape(-1, 2).T).min() for point in points])
    spacing = np.hypot(*(boundary["end"] - boundary["start"]).values.T).max() / 2000
    assert (found["distance"] <= brute + 1e-14).all()
    assert (found["distance"] >= brute - spacing / 2).all()
    nearest = found["nearest"].values
    np.testing.assert_allclose(np.hypot(*(points - nearest).T), found["distance"], rtol=1e-14)
    assert np.abs(np.diff(logits(module, nearest), axis=1)).max() < 1e-12


def test_distances_by_hand_and_which_are_certain() -> None:
    boundary = exact_boundary(on_axes([X, ZERO]), WINDOW)
    found = distance_to_boundary(np.array([[0.25, 0.5], [-0.75, 0], [2, 3]]), boundary)
    np.testing.assert_allclose(found["distance"], [0.25, 0.75, 8**0.5], rtol=1e-14)
    np.testing.assert_allclose(found["nearest"], [[0, 0.5], [0, 0], [0, 1]], atol=1e-14)
    np.testing.assert_allclose(found["window_distance"], [0.5, 0.25, -2], rtol=1e-14)


def test_without_a_boundary_distances_are_infinite() -> None:
    boundary = exact_boundary(on_axes([X, 2 * ONE]), WINDOW)
    found = distance_to_boundary(np.zeros((3, 2)), boundary)
    assert boundary.sizes["piece"] == 0
    assert np.isinf(found["distance"]).all()
    assert np.isnan(found["nearest"]).all()
