"""Graded sums of dyads against arithmetic of 400 and more digits, LAPACK, and by construction."""

import mpmath
import numpy as np
import pytest

from hessian_boundary.curvature.gauss_newton import graded_svd, rotations
from hessian_boundary.curvature.gauss_newton.graded_svd import graded_basis, graded_eigenpairs

DECADES = (0, 3, 17, 40, 41, 77, 140)  # of the vectors' lengths


@pytest.fixture(autouse=True, params=[rotations.LARGE, 1], ids=["rotations alone", "with a start"])
def start(request, monkeypatch):
    """Everything here holds for few columns, and for the way that many columns are treated."""
    monkeypatch.setattr(rotations, "LARGE", request.param)


def _vectors(decades: tuple[int, ...], dimension: int, seed: int = 3) -> np.ndarray:
    draw = np.random.default_rng(seed)
    rows = draw.standard_normal((len(decades), dimension)) * 10.0 ** -np.array(decades)[:, None]
    return rows[draw.permutation(len(decades))]


def _split(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.linalg.norm(rows, axis=1)
    return rows / lengths[:, None], lengths


def _pairs(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return graded_eigenpairs(*_split(rows))


def _assert_exact(rows: np.ndarray, weights: np.ndarray | None = None) -> None:
    """Compare rows and combinations of them with 400 digits, where combinations add no direction.

    A combination that is rounded to float64 is, to the last digit, a direction of its own.
    """
    weights = np.zeros((0, len(rows))) if weights is None else weights
    with mpmath.workdps(400):
        exact = mpmath.matrix(np.vstack([np.eye(len(rows)), weights]).tolist())
        exact *= mpmath.matrix(rows.tolist())
        values, vectors = mpmath.eigsy(exact.T * exact)
        order = sorted(range(len(values)), key=lambda i: -abs(values[i]))[: len(rows)]
        logarithms = np.array([float(mpmath.log10(values[i])) for i in order])
        expected = np.array([[float(v) for v in vectors[:, i]] for i in order])
    values, found = _pairs(np.vstack([weights @ rows, rows]))
    assert len(values) == len(rows)
    np.testing.assert_allclose(np.log10(values), logarithms, rtol=0, atol=1e-12)
    cosines = abs(np.einsum("ip,ip->i", found, expected))
    np.testing.assert_allclose(cosines, 1, rtol=0, atol=1e-12)


def test_eigenpairs_over_280_orders_agree_with_400_digits():
    rows = _vectors(DECADES, 9)
    _assert_exact(rows)
    assert 0 < _pairs(rows)[0][-1] < 1e-275


def test_a_dependent_vector_does_not_drown_shorter_ones():
    """Its round-off, 1e-16, is longer than the vectors of 1e-40 and less that follow it."""
    rows = _vectors((0, 0, 0, 40, 42, 60), 9)
    long = np.linalg.norm(rows, axis=1) > 1e-3
    weights = np.random.default_rng(4).standard_normal((2, 6)) * long
    _assert_exact(rows, weights)


@pytest.mark.parametrize("panel", [1, 2, 3, 64])
def test_the_width_of_a_panel_changes_nothing(panel, monkeypatch):
    monkeypatch.setattr(graded_svd, "PANEL", panel)
    rows = _vectors(DECADES, 9)
    weights = np.random.default_rng(5).standard_normal((4, len(rows)))
    weights *= np.linalg.norm(rows, axis=1) > 1e-4
    _assert_exact(rows, weights)


def test_eigenpairs_agree_with_lapack_where_the_grading_is_mild():
    rows = _vectors((0, 0, 0, 1, 1, 1, 2, 2, 2, 3), 25)
    matrix = rows.T @ rows
    values, vectors = _pairs(rows)
    expected = np.linalg.eigvalsh(matrix)[:-11:-1]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-13)
    assert np.linalg.norm(vectors @ matrix - values[:, None] * vectors, axis=1).max() < 1e-13


def test_eigenvectors_are_orthonormal_and_the_order_of_the_vectors_does_not_matter():
    rows = _vectors(DECADES, 40)
    values, vectors = _pairs(rows)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(DECADES)), rtol=0, atol=1e-14)
    np.testing.assert_allclose(_pairs(rows[::-1])[0], values, rtol=1e-12)


def test_the_basis_is_orthonormal_and_spans_vectors_that_are_nearly_parallel():
    draw = np.random.default_rng(8)
    rows = draw.standard_normal(200) + 1e-6 * draw.standard_normal((150, 200))
    units, lengths = _split(rows * 10.0 ** -draw.uniform(0, 80, 150)[:, None])
    basis, coefficients = graded_basis(units, lengths)
    assert basis.shape == (150, 200)
    np.testing.assert_allclose(basis @ basis.T, np.eye(150), rtol=0, atol=1e-14)
    np.testing.assert_allclose(coefficients @ basis, units, rtol=0, atol=1e-14)
    # a vector that is used as a pivot has nothing, to the last digit, in later directions
    last = (coefficients != 0).cumsum(1).argmax(1)
    assert sorted(last) == list(range(150))


def test_combinations_of_longer_vectors_add_no_direction():
    rows = _vectors((0, 2, 5), 10)
    more = np.vstack([rows, 1e-30 * (rows[:1] + rows[1:2])])
    values, vectors = _pairs(more)
    assert vectors.shape == (3, 10)
    np.testing.assert_allclose(values, _pairs(rows)[0], rtol=1e-12)


def test_more_vectors_than_dimensions():
    rows = _vectors((0, 0, 1, 1, 2, 2), 4)
    expected = np.linalg.eigvalsh(rows.T @ rows)[::-1]
    np.testing.assert_allclose(_pairs(rows)[0], expected, rtol=1e-11)


def test_many_vectors_of_a_few_dimensions():
    draw = np.random.default_rng(2)
    rows = draw.standard_normal((300, 7)) @ draw.standard_normal((7, 90))
    expected = np.linalg.eigvalsh(rows.T @ rows)[:-8:-1]
    np.testing.assert_allclose(_pairs(rows)[0], expected, rtol=1e-11)


def test_vectors_that_are_all_too_short_are_refused():
    with pytest.raises(ValueError, match="expected vectors of at least 1e-145, found at most 2e-1"):
        graded_eigenpairs(*_split(np.full((2, 3), 1e-150)))


def test_rotations_that_do_not_converge_are_an_error(monkeypatch):
    monkeypatch.setattr(rotations, "ORTHOGONAL", -1)
    monkeypatch.setattr(
        rotations, "dgejsv", lambda rows, **options: (rows, rows, rows, [1, 1], None, 3)
    )
    with pytest.raises(ArithmeticError, match=r"Jacobi rotations to converge, found that .* info"):
        _pairs(_vectors((0, 1), 3))


def test_a_start_changes_no_digit_and_leaves_little_to_rotate(monkeypatch):
    """Over 40 orders in groups of 1e6; what is left to rotate is seen in the rows' products."""
    draw = np.random.default_rng(6)
    size = 120
    lengths = 10.0 ** -np.linspace(0, 40, size)
    mixed = np.eye(size) + 0.2 * draw.standard_normal((size, size)) / size**0.5
    rows = np.tril(lengths[:, None] * mixed)
    expected, vectors = rotations._rotated(rows)
    angles = []

    def observed(turned):
        units = turned / np.linalg.norm(turned, axis=0)
        angles.append(np.sort(abs(units.T @ units)[np.triu_indices(size, 1)])[-size])
        return rotated(turned)

    rotated = rotations._rotated
    monkeypatch.setattr(rotations, "_rotated", observed)
    monkeypatch.setattr(rotations, "LARGE", 1)
    singular, found = rotations.graded_singular_pairs(rows)
    np.testing.assert_allclose(singular, expected, rtol=1e-13)
    np.testing.assert_allclose(abs((vectors * found).sum(0)), 1, atol=1e-13)
    units = rows / np.linalg.norm(rows, axis=0)
    before = np.sort(abs(units.T @ units)[np.triu_indices(size, 1)])[-size]
    assert angles[0] < 0.2 * before


def test_where_the_start_leaves_nothing_to_rotate_no_rotation_is_made(monkeypatch):
    """One group of mild grading, against LAPACK; and a zero column, which is not divided by."""
    draw = np.random.default_rng(7)
    rows = draw.standard_normal((80, 60)) * 10.0 ** -np.linspace(0, 2, 60)
    monkeypatch.setattr(rotations, "LARGE", 1)
    monkeypatch.setattr(rotations, "_rotated", None)
    singular, vectors = rotations.graded_singular_pairs(rows)
    np.testing.assert_allclose(singular, np.linalg.svd(rows)[1], rtol=1e-12)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(60), atol=1e-13)
    np.testing.assert_allclose(np.linalg.norm(rows @ vectors, axis=0), singular, rtol=1e-12)
    assert rotations._orthogonal(np.zeros((3, 3))) is None
