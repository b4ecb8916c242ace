"""Where rows are made once and kept in a file, and where anew for each slice."""

from errno import EIO, ENOSPC
from io import BytesIO
from math import inf

import pytest
import torch
from torch import nn

from helpers.factor_rows import cotangents_of, naive_rows, residual_network
from hessian_boundary.artifacts import scratch
from hessian_boundary.curvature.gauss_newton import row_slices as slicing
from hessian_boundary.curvature.gauss_newton.row_slices import (
    LEAST_BYTES,
    SLICE_BYTES,
    fitting_slice,
    row_slices,
)
from hessian_boundary.curvature.gauss_newton.rows import any_rows
from hessian_boundary.networks.structure import why_not_factored


@pytest.fixture
def differentiations(monkeypatch):
    """The samples that each call of the general way is for."""
    calls = []

    def counted(module):
        made = any_rows(module)

        def of(x, cotangents, columns):
            calls.append(len(x))
            return made(x, cotangents, columns)

        return of

    monkeypatch.setattr(slicing, "any_rows", counted)
    return calls


@pytest.mark.parametrize("batch", [2, 128])
@pytest.mark.parametrize("chosen", [None, slice(13, 160)])
def test_a_network_that_is_not_layered_is_differentiated_once(
    monkeypatch, differentiations, batch, chosen
):
    module, x = residual_network()
    cotangents = cotangents_of(x)
    expected = naive_rows(module, x, cotangents)[:, chosen or slice(None)]
    monkeypatch.setattr(slicing, "BATCH", batch)
    found = list(row_slices(module, x, cotangents, 8 * len(expected) * 50, chosen))
    assert len(found) > 2
    assert sum(differentiations) == len(x)
    together = torch.cat([part for _, part in found], dim=1)
    torch.testing.assert_close(together, expected, rtol=0, atol=1e-12)
    first = chosen.start if chosen else 0
    assert [columns.start for columns, _ in found] == list(
        range(first, first + expected.shape[1], 50)
    )


def test_few_samples_at_a_time_where_all_columns_are_many(monkeypatch, differentiations):
    module, x = residual_network()
    monkeypatch.setattr(slicing, "SLICE_BYTES", 1)
    list(row_slices(module, x, cotangents_of(x), 8000))
    assert differentiations == [1] * len(x)


class Usage:
    free = 0


@pytest.mark.parametrize("processes", [1, 2])
def test_a_full_disk_means_a_differentiation_for_each_slice(
    monkeypatch, differentiations, processes
):
    module, x = residual_network()
    cotangents = cotangents_of(x)
    expected = naive_rows(module, x, cotangents)
    monkeypatch.setattr(slicing, "processes_of_this_machine", lambda: processes)
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda folder: Usage)
    free = processes * 2 * expected.numel() * 8  # half of it is to be enough for all of them
    monkeypatch.setattr(Usage, "free", free - 1)
    found = list(row_slices(module, x, cotangents, 8 * len(expected) * 50))
    assert sum(differentiations) == len(x) * len(found)
    monkeypatch.setattr(Usage, "free", free)
    differentiations.clear()
    again = list(row_slices(module, x, cotangents, 8 * len(expected) * 50))
    assert sum(differentiations) == len(x)
    for (_, part), (_, other) in zip(found, again, strict=True):
        torch.testing.assert_close(part, other, rtol=0, atol=1e-13)


class Filled(BytesIO):
    """A file on a disk that others fill, after so many times that something is written."""

    left = 7

    def write(self, data):
        self.left -= 1
        if self.left < 0:
            raise OSError(ENOSPC, "No space left on device")
        return super().write(data)


def test_a_disk_that_is_filled_meanwhile_means_the_same(monkeypatch, differentiations):
    module, x = residual_network()
    cotangents = cotangents_of(x)
    monkeypatch.setattr(slicing, "BATCH", 2)
    monkeypatch.setattr(slicing, "scratch_file", Filled)
    found = list(row_slices(module, x, cotangents, 8000))
    assert differentiations[:3] == [2, 2, 1]
    assert sum(differentiations[3:]) == len(x) * len(found)
    together = torch.cat([part for _, part in found], dim=1)
    torch.testing.assert_close(together, naive_rows(module, x, cotangents), rtol=0, atol=1e-12)


def test_a_file_that_cannot_be_read_is_an_error(monkeypatch):
    def broken(file, into):
        raise OSError(EIO, "Input/output error")

    module, x = residual_network()
    monkeypatch.setattr(slicing, "scratch_file", type("Broken", (BytesIO,), {"readinto": broken}))
    with pytest.raises(OSError, match="Input/output error"):
        list(row_slices(module, x, cotangents_of(x), 8000))


def test_rows_of_one_sample_that_take_too_much_are_made_anew(monkeypatch, differentiations):
    """Two arrays of them against six slices: 2 rows of p numbers."""
    module, x = residual_network()
    parameters = sum(parameter.numel() for parameter in module.parameters())
    enough = -(-2 * parameters * 8 // 3)
    list(row_slices(module, x, cotangents_of(x), enough))
    assert sum(differentiations) == len(x)
    differentiations.clear()
    found = list(row_slices(module, x, cotangents_of(x), enough - 1))
    assert sum(differentiations) == len(x) * len(found)


def test_slices_that_cost_a_differentiation_each_take_more_of_the_memory():
    layered, other = nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 2), nn.Softplus(), nn.GRU(2, 2))
    assert not why_not_factored(layered)
    assert why_not_factored(other)
    for network in (layered, other):
        assert fitting_slice(network, inf) == SLICE_BYTES
        assert fitting_slice(network, 6e8) == 5e7  # six arrays of it, in half of the memory
        assert fitting_slice(network, 1e7) == LEAST_BYTES
    assert fitting_slice(layered, 6e9) == SLICE_BYTES
    assert fitting_slice(other, 6e9) == 5e8
