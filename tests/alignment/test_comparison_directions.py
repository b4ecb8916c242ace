"""Directions that the top eigenvectors are compared with (Appendix E)."""

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.alignment.comparison_directions import KINDS, comparison_directions


def spectrum(rank: int = 8, parameters: int = 40) -> xr.Dataset:
    rows = np.linalg.qr(np.random.default_rng(0).standard_normal((parameters, rank)))[0].T
    return xr.Dataset(
        {
            "eigenvectors": (("eigen", "parameter"), rows),
            "eigenvalues": ("eigen", np.arange(rank, 0, -1.0)),
        }
    )


def test_directions_come_from_both_ends_and_are_unit_vectors() -> None:
    given = spectrum()
    found = comparison_directions(given, count=3, seed=1)
    assert [str(kind) for kind in found["kind"].values] == list(KINDS)
    vectors = given["eigenvectors"].values
    np.testing.assert_array_equal(found.sel(kind="top").values, vectors[:3])
    np.testing.assert_array_equal(found.sel(kind="bottom").values, vectors[:-4:-1])
    np.testing.assert_allclose(np.linalg.norm(found.values, axis=2), 1, rtol=1e-12)


def test_random_eigenvectors_are_resolved_ones_or_orthogonal_to_all_of_them() -> None:
    given = spectrum()
    vectors = given["eigenvectors"].values
    overlaps = []
    for seed in range(10):
        found = comparison_directions(given, count=3, seed=seed).sel(kind="random eigenvector")
        overlaps += list(np.abs(found.values @ vectors.T).max(axis=1))
    overlaps = np.array(overlaps)
    null = overlaps < 1e-12
    np.testing.assert_allclose(overlaps[~null], 1, rtol=1e-12)
    # 8 of 40 eigenvectors are resolved: both kinds occur among 30 draws
    assert 0 < null.sum() < len(null)


def test_too_few_pairs_for_both_ends_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected at least 10 resolved eigenpairs .* found 8"):
        comparison_directions(spectrum(), count=5, seed=0)


def test_what_is_drawn_is_of_unit_length_and_repeats_with_the_seed() -> None:
    given = spectrum(rank=6)
    found = comparison_directions(given, count=3, seed=1)  # both ends take all there are
    assert found["index"].values.tolist() == [1, 2, 3]
    np.testing.assert_allclose(np.linalg.norm(found.values, axis=2), 1, rtol=1e-12)
    xr.testing.assert_identical(found, comparison_directions(given, count=3, seed=1))
    other = comparison_directions(given, count=3, seed=2)
    for kind in ("random eigenvector", "random direction"):
        rows = np.concatenate([found.sel(kind=kind).values, other.sel(kind=kind).values])
        gram = np.abs(rows @ rows.T - np.eye(6))
        assert gram.max() < 0.9, f"six different directions: {kind}"


def test_eigenvectors_are_drawn_without_replacement() -> None:
    given = spectrum(rank=40)  # nothing is left for a null space
    for seed in range(5):
        found = comparison_directions(given, count=20, seed=seed).sel(kind="random eigenvector")
        cosines = np.abs(found.values @ given["eigenvectors"].values.T)
        assert len(set(cosines.argmax(axis=1))) == 20
        np.testing.assert_allclose(cosines.max(axis=1), 1, rtol=1e-12)


def test_the_first_beyond_the_resolved_ones_is_of_the_null_space() -> None:
    """Of 40 directions 39 are resolved: the one that is left is drawn in half of the draws."""
    given = spectrum(rank=39)
    left = 0
    for seed in range(8):
        found = comparison_directions(given, count=19, seed=seed).sel(kind="random eigenvector")
        cosines = np.abs(found.values @ given["eigenvectors"].values.T).max(axis=1)
        left += int((cosines < 1e-12).sum())
    assert 0 < left < 8


def test_directions_are_normal_draws_scaled_to_unit_length() -> None:
    found = comparison_directions(spectrum(rank=12, parameters=400), count=6, seed=3)
    entries = found.sel(kind="random direction").values * np.sqrt(400)
    assert abs(entries.mean()) < 0.1
    assert np.abs(entries).max() > 2.5, "normal, not of one size"
