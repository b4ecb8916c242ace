"""Over how many eigenvectors gradients spread, on alignments small enough to count by hand."""

import numpy as np
import pytest

from helpers.alignments import aligned_samples
from hessian_boundary.measures.localisation import localisation


def test_localisation_by_hand() -> None:
    alignment = np.array([[0.6, 0.6, 0.0], [0.8, -0.8, 1.0], [0.0, 0.0, 0.0]])
    numbers = localisation(aligned_samples(alignment, [0, 0, 1]), eigenvectors=1)
    assert numbers["share_in_top"] == pytest.approx(0.72 / 3)
    assert numbers["share_resolved"] == pytest.approx(1)
    spread = 1 / (0.36**2 + 0.64**2)  # of the first two samples; the third has one direction
    assert numbers["participation"] == pytest.approx((2 * spread + 1) / 3)
    # class 0 agrees in the first eigenvector; class 1 has nothing there
    assert numbers["class_coherence"] == pytest.approx(1)
    both = localisation(aligned_samples(alignment, [0, 0, 1]), eigenvectors=2)
    assert both["class_coherence"] == pytest.approx((0.6 + 1) / 2)


def test_participation_with_the_rest_of_the_gradient_in_one_direction_or_spread() -> None:
    alignment = np.array([[0.6], [0.0]])  # the rest of the gradient, 0.64, is not resolved
    numbers = localisation(aligned_samples(alignment, [0]), eigenvectors=1)
    assert numbers["participation"] == pytest.approx(1)
    assert numbers["participation_low"] == pytest.approx(1 / (0.36**2 + 0.64**2))
    assert numbers["participation_high"] == pytest.approx(1 / 0.36**2)


def test_samples_without_a_direction_are_left_out_of_localisation() -> None:
    known = np.array([[0.6, 0.8], [0.8, -0.6]])
    with_gaps = np.insert(known, [1, 2], np.nan, axis=1)
    expected = localisation(aligned_samples(known, [0, 1]), eigenvectors=1)
    assert localisation(aligned_samples(with_gaps, [0, 0, 1, 1]), 1) == pytest.approx(expected)
    nothing = localisation(aligned_samples(np.full((2, 3), np.nan), [0, 1, 1]), eigenvectors=1)
    assert np.isnan(list(nothing.values())).all()
