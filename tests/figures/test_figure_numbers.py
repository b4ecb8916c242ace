"""The numbers behind figures: by hand, and of every layout."""

import numpy as np
import pytest
import xarray as xr

from helpers.alignments import aligned_samples
from helpers.drawn_layouts import numbers
from helpers.made_up_artifacts import AXIS
from helpers.made_up_layouts import LAYOUTS, inputs_and_settings
from hessian_boundary.figures.layouts import walkthrough
from hessian_boundary.figures.numbers import extreme_alignments, spectral_summary


def test_spectral_summary_leaves_out_what_a_partial_spectrum_cannot_say() -> None:
    whole = aligned_samples(np.array([[0.9, 0.0], [0.1, 0.1]]), [0, 1])
    numbers = spectral_summary(whole)
    assert (numbers["lambda_max"], numbers["trace"]) == (2, 3)
    assert numbers["g_theta_max"] == pytest.approx(1 / 10)
    whole["resolved_share"] = (whole["alignment"] ** 2).sum("eigen")
    partial = spectral_summary(whole.assign_attrs(complete=False))
    # m_max = 0.9 and 0.1 against ε = 0.2, m_mean = 0.45 and 0.1: the first counts, of ten
    bounds = {f"g_theta_{name}": 0.1 for name in ("max_at_least", "mean_at_least")}
    # all that were not computed may count, which is none here
    bounds |= {f"g_theta_{name}": 0.1 for name in ("max_at_most", "mean_at_most")}
    assert partial == {"lambda_max": 2, "rank_at_least": 2, **bounds}


def test_the_largest_alignment_of_each_kind_of_direction() -> None:
    kinds = ["top", "bottom"]
    on_grid = np.zeros((2, 1, 2, 2))
    on_grid[0, 0, 1, 1], on_grid[1, 0, 0, 0] = -0.9, 0.2
    directions = xr.Dataset(
        {
            "alignment": (("kind", "index", "y", "x"), on_grid),
            "sample_alignment": (("kind", "index", "sample"), [[[0.5, -0.7]], [[0.1, 0.0]]]),
        },
        coords={"kind": kinds},
    )
    assert extreme_alignments(directions) == {
        "largest_top_on_grid": 0.9,
        "largest_top_on_samples": 0.7,
        "largest_bottom_on_grid": 0.2,
        "largest_bottom_on_samples": 0.1,
    }


def test_numbers_of_maps_compare_rows_with_the_first() -> None:
    found = numbers("alignment_maps", experiments=["a/normal", "a/rescaled"])
    assert found["a/rescaled", "agreement_with_first_row"] == 1
    assert found["a/rescaled", "trace_ratio"] == 1
    assert ("a/normal", "trace_ratio") not in found
    assert found["a/normal", "alignment_at_boundary"] == 0.5
    assert ("a/normal", "own_boundary_alignment") not in found
    assert numbers("alignment_maps", experiments=["a/b/class0", "a/b/class1"])[
        "a/b/class0", "own_boundary_alignment"
    ] == pytest.approx(0.5)


def test_numbers_of_maps_of_partial_spectra_have_no_ratio_of_what_is_not_known() -> None:
    inputs, settings = inputs_and_settings("alignment_maps")
    partial = [samples.assign_attrs(complete=False) for samples in inputs["alignment_samples"]]
    table = LAYOUTS["alignment_maps"].numbers(inputs | {"alignment_samples": partial}, settings)
    assert "agreement_with_first_row" in set(table["quantity"])
    assert not {"trace_ratio", "g_theta_max_ratio"} & set(table["quantity"])


def test_numbers_of_the_toy_say_where_alignment_flips() -> None:
    inputs, settings = inputs_and_settings("walkthrough")
    sign = np.where(AXIS > 0.1, 1.0, -1.0)
    inputs["alignment_grid"][0]["alignment"] = ("eigen", "x"), np.stack([0.8 * sign, sign**2, sign])
    table = walkthrough.numbers(inputs, settings | {"eigenvectors": 2}).set_index("quantity")[
        "value"
    ]
    assert table["boundary_points"] == 1
    assert table["boundary_point_1"] == pytest.approx(0.1)
    assert table["A_1_flip"] == pytest.approx(0.8)
    assert table["A_2_flip"] == 0
    assert table["points_of_first_flips"] == 0


@pytest.mark.parametrize(("second", "points"), [(0.1, 1), (-0.3, 2)])
def test_the_toys_first_two_eigenvectors_may_flip_at_one_point_or_at_two(second, points) -> None:
    inputs, settings = inputs_and_settings("walkthrough")
    (grid,) = inputs["alignment_grid"]
    between = np.where((AXIS > -0.3) & (AXIS < 0.1), 1.0, -1.0)
    grid["logits"] = ("class", "x"), np.stack([between, np.zeros(len(AXIS))])
    flips = [np.where(place < AXIS, 0.9, -0.9) for place in (0.1, second)]
    grid["alignment"] = ("eigen", "x"), np.stack([*flips, np.ones(len(AXIS))])
    table = walkthrough.numbers(inputs, settings | {"eigenvectors": 2}).set_index("quantity")
    assert table.loc["boundary_points", "value"] == 2
    assert table.loc["points_of_first_flips", "value"] == points


def test_numbers_of_the_plane_of_tsne_have_the_share_in_two_eigenvectors() -> None:
    inputs, settings = inputs_and_settings("embedded_alignments")
    table = LAYOUTS["embedded_alignments"].numbers(inputs, settings)
    found = table[table["quantity"] == "share_in_first_two"]["value"].tolist()
    for value, samples in zip(found, inputs["alignment_samples"], strict=True):
        by_hand = samples["alignment"].transpose("eigen", "sample").values[:2]
        assert value == pytest.approx(np.nanmean((by_hand**2).sum(axis=0)))
    assert {"lambda_max", "neighbour_order"} <= set(table["quantity"])
