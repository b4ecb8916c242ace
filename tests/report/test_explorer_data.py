"""What the explorer is given: levels, places, bytes and colours, read back as its script does."""

import zlib
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from matplotlib import colormaps

from helpers import made_up_artifacts
from hessian_boundary.report.explorer.levels import UNKNOWN, map_levels, places
from hessian_boundary.report.explorer.maps import RunMaps, packed_maps
from hessian_boundary.report.explorer.pack import explorer, fewer


def packed(samples: xr.Dataset | None = None, **boundary: object) -> RunMaps:
    run = packed_maps(
        "a/normal/epoch10", 3, made_up_artifacts.dataset(), made_up_artifacts.grid(2),
        made_up_artifacts.decision_boundary().assign_attrs(boundary), samples,
    )  # fmt: skip
    assert run is not None
    return run


def test_levels_are_off_by_half_a_step_at_most() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, 10_000)
    assert abs(map_levels(values) / 127 - values).max() <= 0.5 / 127
    assert map_levels(np.array([-7.0, -1, 0, 1, 7, np.nan])).tolist() == [
        *(-127, -127, 0, 127, 127, UNKNOWN)
    ]


def test_places_are_within_their_part_of_the_window() -> None:
    window = ((-2.0, 6.0), (0.0, 1.0))
    points = np.random.default_rng(0).uniform((-2, 0), (6, 1), (1000, 2))
    back = places(points, window) / 65535 * (8, 1) + (-2, 0)
    assert (abs(back - points) <= np.array([8, 1]) / 65535).all()
    assert places(np.array([[-9.0, 2.0]]), window).tolist() == [[0, 65535]]


def test_a_run_is_packed_in_the_order_that_is_said() -> None:
    run = packed(made_up_artifacts.samples())
    data = zlib.decompress(b64decode(run.data))
    assert run.about["shape"] == [2, 9, 9]
    maps = np.frombuffer(data[: 2 * 162], np.int8).reshape(2, 2, 9, 9)
    assert (maps[:, :, 0, 0] == UNKNOWN).all()  # the grid's NaN
    assert (maps[:, :, 1:] == 64).all()  # 0.5 · 127, rounded
    # the line x = 0.1 of a window from −1 to 1: 0.55 of its width, from bottom to top
    piece = np.frombuffer(data[324:332], "<u2")
    assert piece.tolist() == [36044, 0, 36044, 65535]
    points = np.frombuffer(data[332:352], "<u2").reshape(5, 2)  # the last sample is not trained on
    x = made_up_artifacts.dataset()["x"].values[:5]
    assert points / 65535 * 2 - 1 == pytest.approx(x, abs=2 / 65535)
    assert np.frombuffer(data[352:368], "<f4").tolist() == pytest.approx([3, 1, 0.2, -0.1])
    assert list(data[368:]) == [0, 0, 1, 1, 2]
    assert (run.about["zeros"], run.about["unknown"]) == (38, 0)
    entry = run.entry
    assert (entry["dataset"], entry["training"], entry["seed"]) == ("a", "normal, epoch10", 3)


def test_without_samples_the_eigenvalues_are_those_of_the_maps() -> None:
    assert packed().about["eigenvalues"] == 2
    assert packed().about["unknown"] == -1


def test_where_the_boundary_is_not_traced_predictions_on_the_grid_tell() -> None:
    run = packed(untraced="not this network")
    data = zlib.decompress(b64decode(run.data))
    # class 1 where x > 0.1: between the points 0 and 0.25, a side of each of the nine rows
    assert run.about["pieces"] == 9
    pieces = np.frombuffer(data[324 : 324 + 72], "<u2").reshape(9, 2, 2) / 65535 * 2 - 1
    assert pieces[..., 0] == pytest.approx(np.full((9, 2), 0.125), abs=1e-4)
    assert pieces[4, :, 1] == pytest.approx([-0.125, 0.125], abs=1e-4)
    turned = made_up_artifacts.grid(2).transpose("eigen", "class", "x", "y", ...)
    turned = turned.rename(x="y", y="x").transpose("eigen", "class", "y", "x", ...)
    boundary = made_up_artifacts.decision_boundary().assign_attrs(untraced="not this network")
    across = packed_maps("a/b", 0, made_up_artifacts.dataset(), turned, boundary, None)
    assert across is not None
    data = zlib.decompress(b64decode(across.data))
    pieces = np.frombuffer(data[324 : 324 + 72], "<u2").reshape(9, 2, 2) / 65535 * 2 - 1
    assert pieces[..., 1] == pytest.approx(np.full((9, 2), 0.125), abs=1e-4)


def test_a_diverged_training_has_no_maps() -> None:
    grid = made_up_artifacts.grid(2).isel(eigen=slice(0))
    data, boundary = made_up_artifacts.dataset(), made_up_artifacts.decision_boundary()
    assert packed_maps("a/b", 0, data, grid, boundary, None) is None


def test_the_last_runs_are_left_out_and_named() -> None:
    run = packed()
    runs = [replace(run, seed=seed) for seed in range(3)]
    size = len(run.data)
    assert [fewer(runs, 3, excess) for excess in (0, 1, size, size + 1, 9 * size)] == [
        3,
        2,
        2,
        1,
        0,
    ]
    some = explorer(runs, 2)
    assert some is not None
    assert [one.seed for one in some.runs] == [0, 1]
    assert some.left_out == ("a/normal/epoch10, seed 2",)
    assert explorer(runs, 0) is None
    assert explorer([], 0) is None


def test_colours_are_those_of_the_figures() -> None:
    found = explorer([packed()], 1)
    assert found is not None
    colours = found.content["colours"]
    assert len(colours) == 256 * 6
    assert colours[:6] == "bdbdbd"  # NaN is grey
    for level in (-127, -60, 0, 60, 127):
        wanted = colormaps["RdBu_r"]((level / 127 + 1) / 2, bytes=True)[:3]
        place = 6 * (level + 128)
        assert bytes.fromhex(colours[place : place + 6]) == bytes(wanted)
