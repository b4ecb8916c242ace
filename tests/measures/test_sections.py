"""How alignment falls off beside the boundary, and which section of it an eigenvector marks."""

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.measures.boundary_alignment import fall_off, section_separation, sections


def striped(alignment: list[list[float]]) -> xr.Dataset:
    """A grid of 20 equal rows whose class changes between columns 9 and 10."""
    prediction = np.repeat((np.arange(20) >= 10)[None], 20, axis=0).astype(int)
    values = np.repeat(np.array(alignment)[:, None], 20, axis=1)
    return xr.Dataset(
        {"prediction": (("y", "x"), prediction), "alignment": (("eigen", "y", "x"), values)}
    )


def test_the_fall_off_is_how_much_smaller_alignment_is_some_way_off() -> None:
    distance = np.minimum(abs(np.arange(20) - 9), abs(np.arange(20) - 10))
    grid = striped([np.where(distance == 0, 0.8, np.where(distance <= 4, 0.2, 0.7)).tolist()])
    assert fall_off(grid, 1)["fall_off"] == pytest.approx(1 - 0.2 / 0.8)
    assert fall_off(striped([[0.5] * 20]), 1)["fall_off"] == 0
    weaker = [(0.1 * np.ones(20)).tolist(), (distance == 0).astype(float).tolist()]
    assert fall_off(striped(weaker), 2)["fall_off"] == pytest.approx(1 - 0.1 / 1)
    alone = striped([[0.5] * 20]).assign(prediction=(("y", "x"), np.zeros((20, 20), int)))
    assert np.isnan(fall_off(alone, 1)["fall_off"])


def test_sections_are_separate_where_eigenvectors_mark_other_parts_of_the_boundary() -> None:
    grid = striped([[0.9] * 20, [0.9] * 20, [0.1] * 20])
    alignment = grid["alignment"].values
    alignment[0, 8:], alignment[1, :4], alignment[1, 16:] = 0, 0, 0  # rows 0 to 7, and 4 to 15
    found = section_separation(grid, 3)
    assert found == {"largest_section": 12 / 20, "section_overlap": pytest.approx(4 / 16)}
    assert np.isnan(section_separation(grid, 1)["section_overlap"])
    alone = grid.assign(prediction=(("y", "x"), np.zeros((20, 20), int)))
    assert section_separation(alone, 3) == {}


def test_sections_are_counted_where_an_eigenvector_is_the_strongest() -> None:
    at_boundary = [0.1] * 9 + [0.9, 0.9] + [0.1] * 9
    away = [0.95] + [0.2] * 19
    found = sections(striped([at_boundary, away]), 2)
    assert found == {"eigenvectors_with_section": 1.0, "largest_off_boundary": 9.0}
    assert sections(striped([at_boundary]), 1)["largest_off_boundary"] == 0
    alone = striped([away]).assign(prediction=(("y", "x"), np.zeros((20, 20), int)))
    assert sections(alone, 1) == {}
