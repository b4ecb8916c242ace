"""Margins from many starts: closed forms, the real step, and how the target is planned."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from helpers.plane_networks import linear
from helpers.tiny_study import TinyStudy
from hessian_boundary.artifacts.store import open_table
from hessian_boundary.boundary.exact import distance_to_boundary, exact_boundary
from hessian_boundary.generalisation.margins import compare_margins, starts_table
from hessian_boundary.tables.margins import display_margins
from hessian_study.commands.places import Place
from hessian_study.configuration.study import Study


def _upright_line() -> xr.Dataset:
    """The boundary x = 0.5 and two samples, 0.3 and 0.4 away from it."""
    boundary = exact_boundary(linear([[1, 0], [-1, 0]], [-0.5, 0.5]), ((-2, 2), (-2, 2)))
    samples = np.array([[0.8, 0.0], [0.1, 1.0]])
    return boundary.merge(distance_to_boundary(samples, boundary), join="exact")


def test_starts_are_measured_against_the_exact_boundary() -> None:
    found = [(np.array([0.5, 1.0]), 1.0, 0.3), (np.array([0.7, 0.0]), 0.6, 0.1)]
    table = starts_table(found, _upright_line())
    assert table["start"].tolist() == [0, 1]
    assert table["distance"].tolist() == pytest.approx([0, 0.2], abs=1e-9)
    assert table["margin_true"].tolist() == pytest.approx([0.3, 0.3])
    assert table["margin_estimated"].tolist() == [0.3, 0.1]
    assert starts_table([], _upright_line()).empty


def _starts(training: str, true: list[float], factors: list[float]) -> pd.DataFrame:
    rows = [
        ("board", training, seed, start, 1.0 if factor < 2 else 0.5, 0.0, exact * factor, exact)
        for seed, exact in enumerate(true)
        for start, factor in enumerate(factors)
    ]
    columns = ["dataset", "training", "seed", "start", "squared_cosine", "distance"]
    return pd.DataFrame(rows, columns=[*columns, "margin_estimated", "margin_true"])


def test_estimates_are_compared_with_the_exact_margins() -> None:
    near = _starts("narrow", [0.2, 0.3, 0.4], [1.0, 1.2, 3.0])
    table = compare_margins(near)
    (row,) = table.to_dict("records")
    assert (row["experiment"], row["models"], row["starts"]) == ("board/narrow", 3, 9)
    assert row["margin_true"] == pytest.approx(0.3)
    assert row["margin_estimated"] == pytest.approx(0.4)  # of 0.2 … 1.2, the fifth of nine
    assert row["near"] == row["on_boundary"] == pytest.approx(6 / 9)
    assert row["spread"] == pytest.approx(np.std([1, 1.2, 3], ddof=1))
    assert row["tau"] == pytest.approx(1)
    shown = display_margins(table)
    assert shown["Within 25%"][0] == "67% of 9"


def test_all_models_have_a_row_of_their_own_and_few_models_no_correlation() -> None:
    starts = pd.concat([_starts("narrow", [0.2, 0.3], [1.0]), _starts("wide", [0.1], [1.0, 1.5])])
    table = compare_margins(starts)
    assert table["experiment"].tolist() == ["board/narrow", "board/wide", "all"]
    assert table["models"].tolist() == [2, 1, 3]
    assert table["tau"].isna().all()
    assert display_margins(table)["τ"].tolist() == ["–", "–", "–"]
    assert display_margins(table)["Spread over starts"].tolist()[0] == "–"  # of one start
    more = pd.concat([_starts("narrow", [0.2, 0.3, 0.4], [1.0]), _starts("wide", [0.2, 0.1], [1])])
    more.loc[more["training"] == "wide", "margin_estimated"] *= -1  # its τ would be −1
    assert compare_margins(more)["tau"].tolist()[2] == 1


def test_margins_of_two_experiments_are_not_ordered_by_their_names() -> None:
    """Wide margins lie above all narrow ones; within each, the estimates are in reverse order."""
    narrow, wide = (
        _starts("narrow", [0.2, 0.3, 0.4], [1.0]),
        _starts("wide", [0.7, 0.8, 0.9], [1.0]),
    )
    starts = pd.concat([narrow, wide])
    starts["margin_estimated"] = (
        np.where(starts["training"] == "wide", 2, 1) - starts["margin_true"]
    )
    table = compare_margins(starts)
    assert table["tau"].tolist() == [-1, -1, -1]


def test_without_exact_boundaries_nothing_can_be_compared() -> None:
    with pytest.raises(ValueError, match=r"expected models whose boundary is exact.*found none"):
        compare_margins(_starts("narrow", [], []))


def test_the_target_is_planned_no_part_of_all_and_no_orphan(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    study.config["margins"] |= {"seeds": 3, "starts": 1}
    planned = [job[0] for job in study.planned("margins")]
    assert planned.count("margin_starts") == planned.count("diagonalise") == 2 * 3
    assert "margin_starts" not in {job[0] for job in study.planned("all")}
    known = Study(study.config)
    for seed, expected in ((2, True), (3, False)):
        place = Place.of("checkerboard", "wide_margin", f"seed{seed}", "margin_starts.csv")
        assert place.is_in(known) == expected
    assert not Place.of("gaussian", "normal", "seed2", "model.zarr.zip").is_in(known)
    assert Place.of("tables", "margins_starts.csv").is_in(known)


@pytest.mark.slow
def test_every_start_of_every_model_is_written(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    study.config["margins"] |= {"seeds": 1, "starts": 2}
    result = study.run("margins")
    assert result.returncode == 0, result.stderr
    starts = open_table(study.results / "tables/margins_starts.csv")
    assert starts.groupby("training")["start"].count().to_dict() == {
        "narrow_margin": 2,
        "wide_margin": 2,
    }
    assert starts["squared_cosine"].between(0, 1).all()
    exact = starts["margin_true"]
    assert (exact > 0).all()
    table = open_table(study.results / "tables/margins.csv")
    assert table["models"].tolist() == [1, 1, 2]
