"""Signs of eigenvectors: arbitrary, and in a figure those of its first row."""

import numpy as np
import xarray as xr

from helpers.made_up_artifacts import grid, samples
from helpers.made_up_layouts import LAYOUTS, inputs_and_settings
from hessian_boundary.figures.signs import common_signs, with_common_signs


def turned(source: xr.Dataset, *signs: float) -> xr.Dataset:
    factors = xr.DataArray(list(signs), dims="eigen")
    return source.assign(
        {
            name: (source[name] * factors).transpose(*source[name].dims)
            for name in ("alignment", "scalar_product")
        }
    )


def varied() -> xr.Dataset:
    values = np.random.default_rng(1).normal(size=(3, 9, 9))
    values[:, 0, 0] = np.nan
    return grid().assign(
        alignment=(("eigen", "y", "x"), values), scalar_product=(("eigen", "y", "x"), 2 * values)
    )


def test_rows_of_one_data_set_have_the_signs_of_its_first() -> None:
    first = varied()
    sources = [first, turned(first, 1, -1, -1), turned(first, -1, -1, 1), turned(first, 1, -1, 1)]
    experiments = ["a/normal", "a/other", "b/normal", "b/other"]
    aligned = with_common_signs(experiments, sources)
    for name in ("alignment", "scalar_product"):
        np.testing.assert_array_equal(aligned[1][name], first[name])
        np.testing.assert_array_equal(aligned[2][name], sources[2][name])
        np.testing.assert_array_equal(aligned[3][name], sources[2][name])


def test_a_diverged_row_is_not_the_one_that_others_follow() -> None:
    first = samples()
    aligned = with_common_signs(
        ["a/b", "a/c", "a/d"], [samples(0), first, turned(first, *[-1] * 4)]
    )
    assert aligned[0].sizes["eigen"] == 0
    np.testing.assert_array_equal(aligned[2]["alignment"], first["alignment"])


def test_what_cannot_be_compared_keeps_its_signs() -> None:
    first = varied()
    np.testing.assert_array_equal(common_signs(first, -first.isel(x=slice(4))), [1, 1, 1])
    np.testing.assert_array_equal(common_signs(first.isel(eigen=[0]), -first), [-1, 1, 1])


def test_maps_that_differ_by_a_sign_are_drawn_alike() -> None:
    inputs, settings = inputs_and_settings("alignment_maps")
    first = varied()
    inputs["alignment_grid"] = [first, turned(first, -1, 1, -1)]
    settings["experiments"] = ["a/normal", "a/rescaled"]
    figure = LAYOUTS["alignment_maps"].draw(inputs, settings)
    images = [axes.images[0].get_array() for axes in figure.axes[:-1] if axes.images]
    for one, other in zip(images[:3], images[3:], strict=True):
        np.testing.assert_array_equal(one, other)
