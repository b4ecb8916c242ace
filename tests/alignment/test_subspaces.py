"""How much two sets of eigenvectors have in common."""

import numpy as np
import pytest

from hessian_boundary.alignment.subspaces import cosines, overlap


def test_overlap_does_not_depend_on_the_basis_and_cosines_do() -> None:
    basis = np.eye(5)[:2]
    angle = 0.7
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ basis
    np.testing.assert_allclose(cosines(basis, turned), np.cos(angle))
    assert overlap(basis, turned) == pytest.approx(1)
    assert overlap(basis, np.eye(5)[2:4]) == 0
    assert overlap(np.eye(5)[:2], np.eye(5)[1:3]) == pytest.approx(0.5)


@pytest.mark.parametrize(("many", "few"), [(4, 2), (2, 4)])
def test_of_sets_of_two_sizes_as_many_are_compared_as_both_have(many: int, few: int) -> None:
    first, second = np.eye(5)[:many], 0.6 * np.eye(5)[:few] + 0.8 * np.eye(5)[1 : few + 1]
    np.testing.assert_allclose(cosines(first, second), np.full(2, 0.6))
    assert overlap(np.eye(5)[:many], np.eye(5)[:few]) == 0.5  # 2 common ones of 4
