"""`inspect compare`: what made two results differ, and by how much."""

import numpy as np
import pytest
import xarray as xr

from helpers.saved_results import output, saved, saved_table, spectrum
from hessian_boundary.artifacts.strings import string_array
from hessian_study.commands.comparison.arrays import distance
from hessian_study.provenance.verdicts import differences


def test_differences_of_long_settings_are_shown_where_they_part() -> None:
    names = [f"fig{n:02}" for n in range(30)]
    (change,) = differences({"targets": names}, {"targets": [*names, "my_maps"]})
    assert change.startswith("targets …")
    assert '"my_maps"]' in change
    assert len(change) < 150
    (change,) = differences({"a": {"b": 1}}, {"a": {"b": 2}})
    assert change == "a.b 1 → 2"


def test_compare_says_what_made_them_differ_and_by_how_much(tmp_path, capsys) -> None:
    first = saved(tmp_path / "one.zarr.zip", spectrum([3.0, 1.0]))
    second = saved(tmp_path / "two.zarr.zip", spectrum([3.0, 1.5]), tolerance=1e-10)
    text = output(capsys, "compare", first, second)
    assert "spec.settings.curvature.rank_tolerance 1e-12 → 1e-10" in text
    assert "eigenvalues: largest difference 0.5 (largest value 3)" in text
    assert "residuals: identical" in text
    assert "smallest cosine 1.000000000000" in text


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.5], "largest difference 0.5 (largest value 2)"),
        ([1, 2], [1.0, 2.0], "identical"),
        ([1.0, np.nan], [1.0, np.nan], "identical"),
        ([1.0, np.inf], [1.5, np.inf], "largest difference 0.5 (largest value 1)"),
        (
            [1.0, np.nan, np.inf],
            [1.0, 5.0, np.inf],
            "largest difference 0 (largest value 1), 1 finite in one only",
        ),
        ([np.nan], [1.0], "no finite values to compare, 1 finite in one only"),
        (["a", "b"], ["a", "c"], "1 entries differ"),
        (string_array(["a", "b"]), string_array(["a", "c"]), "1 entries differ"),
        (np.array(["a", np.nan], object), np.array(["a", np.nan], object), "identical"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "3 and 2 long; the first 2: identical"),
        ([[1.0, 2.0]], [[1.0]], "shapes (1, 2) and (1, 1) differ"),
        (1.0, 3.0, "largest difference 2 (largest value 1)"),
    ],
)
def test_distances(one, other, expected: str) -> None:
    assert distance(xr.DataArray(one), xr.DataArray(other)) == expected


def test_compare_of_tables_and_of_a_file_with_itself(tmp_path, capsys) -> None:
    first = saved_table(tmp_path / "one", "dataset,trace\niris,1.5\n")
    second = saved_table(tmp_path / "two", "dataset,trace\niris,2.0\n")
    text = output(capsys, "compare", str(first), str(second))
    assert "made by the same code" in text
    assert "rows are matched by dataset" in text
    assert "trace: 1 of 1 entries differ; largest difference 0.5 (1.5 and 2 in row iris)" in text
    assert "the files are identical" in output(capsys, "compare", str(first), str(first))


def test_compare_ignores_the_sign_of_eigenvectors_but_not_their_span(tmp_path, capsys) -> None:
    flipped = spectrum([3.0, 1.0])
    flipped["eigenvectors"] = -flipped["eigenvectors"]
    first = saved(tmp_path / "one.zarr.zip", spectrum([3.0, 1.0]))
    text = output(capsys, "compare", first, saved(tmp_path / "two.zarr.zip", flipped))
    assert "made by the same code" in text
    assert "smallest cosine 1.000000000000" in text
    other = saved(tmp_path / "three.zarr.zip", spectrum([3.0, 1.0], seed=1))
    assert "smallest cosine 1.000000000000" not in output(capsys, "compare", first, other)
