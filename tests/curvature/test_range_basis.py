"""Parts of a basis against the rows that they stand for."""

from dataclasses import replace

import pytest
import torch

from helpers.known_spectra import MatrixOperator
from hessian_boundary.curvature.low_rank.basis_parts import Axes, EachUnit, Rows
from hessian_boundary.curvature.low_rank.range_basis import Images, RangeBasis

DIMENSION = 40


def _orthonormal(rows, width):
    return torch.linalg.qr(torch.randn(width, rows, dtype=torch.float64)).Q.T.contiguous()


def _each_unit():
    """Three units of five parameters each: two directions, one, and none."""
    directions = torch.stack([_orthonormal(2, 5) for _ in range(3)])
    directions[1, 1] = directions[2] = 0
    return EachUnit(torch.arange(20, 35).view(3, 5).flip(1), directions)


PARTS = {
    "axes": lambda: Axes(torch.tensor([0, 3, 1]), torch.float64),
    "rows": lambda: Rows(torch.arange(4, 20, 2), _orthonormal(5, 8).split(2)),
    "each unit": _each_unit,
}


def _written_out(part):
    return torch.cat(list(part.rows(DIMENSION)))


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_its_orthonormal_rows(name):
    part = PARTS[name]()
    rows = _written_out(part)
    assert rows.shape == (part.size, DIMENSION)
    torch.testing.assert_close(rows @ rows.T, torch.eye(part.size, dtype=torch.float64))
    vectors = torch.randn(7, DIMENSION, dtype=torch.float64)
    torch.testing.assert_close(part.coordinates(vectors), vectors @ rows.T)
    coordinates, changed = torch.randn(7, part.size, dtype=torch.float64), vectors.clone()
    part.add(coordinates, changed)
    torch.testing.assert_close(changed, vectors + coordinates @ rows)


@pytest.mark.parametrize("name", ["axes", "each unit"])
def test_some_of_the_rows_of_a_part(name):
    part = PARTS[name]()
    kept = torch.tensor([True, False, True])
    some = part.only(kept)
    assert torch.equal(_written_out(some), _written_out(part)[kept])
    assert torch.equal(_written_out(some.only(~kept[:2])), _written_out(part)[2:])


def test_rows_by_hand():
    assert _written_out(PARTS["axes"]()).nonzero().tolist() == [[0, 0], [1, 3], [2, 1]]
    unit = _each_unit()
    assert unit.size == 3
    rows = _written_out(unit)
    assert torch.equal(rows[2, 25:30].flip(0), unit.directions[1, 0])


class Counted(MatrixOperator):
    """It counts its products."""

    products = 0

    def __call__(self, block):
        self.products += len(block)
        return super().__call__(block)


@pytest.mark.parametrize("known", [0, 1, 2, 3])
def test_products_come_in_the_order_of_the_rows(known):
    parts = [build() for build in PARTS.values()]
    matrix = torch.randn(DIMENSION, DIMENSION, dtype=torch.float64)
    operator = Counted(matrix + matrix.T)
    rows = torch.cat([_written_out(part) for part in parts])
    basis, first = RangeBasis(parts, DIMENSION), sum(part.size for part in parts[:known])
    if known:
        products = operator(rows[:first])
        basis = replace(basis, images=Images(products, products @ rows.T))
    operator.products = 0
    products, coordinates = map(torch.cat, zip(*basis.products(operator), strict=True))
    assert operator.products == basis.size - first
    torch.testing.assert_close(products, rows @ operator.matrix)
    torch.testing.assert_close(coordinates, rows @ operator.matrix @ rows.T)
    vectors = torch.randn(6, DIMENSION, dtype=torch.float64)
    coordinates = basis.coordinates(vectors)
    torch.testing.assert_close(coordinates, vectors @ rows.T)
    torch.testing.assert_close(basis.combined(coordinates), coordinates @ rows)


def test_many_vectors_are_combined_slice_by_slice(monkeypatch):
    monkeypatch.setattr("hessian_boundary.curvature.low_rank.basis_parts.SLICE", 9)
    part = PARTS["rows"]()
    coordinates = torch.randn(3, part.size, dtype=torch.float64)
    vectors = torch.zeros(3, DIMENSION, dtype=torch.float64)
    part.add(coordinates, vectors)
    torch.testing.assert_close(vectors, coordinates @ _written_out(part))
