"""What the page says of each kind of array."""

import pytest

from hessian_boundary.artifacts.schema import KINDS
from hessian_boundary.report.sections.arrays import array_kinds, described_at


def test_every_kind_is_described_with_its_variables() -> None:
    kinds = {kind.name: kind for kind in array_kinds()}
    assert kinds.keys() == KINDS.keys()
    for name, variables in KINDS.items():
        assert kinds[name].holds
        assert {variable for variable, _ in kinds[name].variables} >= variables.keys()
    assert ("alignment", "eigen, …") in kinds["alignment_grid"].variables


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a/n/seed0/alignment_grid.zarr.zip", "#array-alignment_grid"),
        ("a/n/seed0/measures.csv", "a/n/seed0/measures.csv"),
        ("a/other.zarr.zip", "a/other.zarr.zip"),
    ],
)
def test_an_array_is_described_on_the_page_and_a_table_opens(path: str, place: str) -> None:
    assert described_at(path) == place
