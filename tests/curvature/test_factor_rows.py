"""Rows of the Gauss-Newton factor, slice by slice, against loops over samples and dyads."""

from math import inf

import pytest
import torch
from torch import Tensor, nn

from helpers.layered_networks import NETWORKS, build_network
from hessian_boundary.curvature.gauss_newton import row_slices as slicing
from hessian_boundary.curvature.gauss_newton import rows
from hessian_boundary.curvature.gauss_newton.row_slices import (
    SLICE_BYTES,
    fitting_slice,
    row_slices,
)
from hessian_boundary.curvature.gauss_newton.rows import layered_rows, mapped_rows
from hessian_boundary.networks.structure import why_not_factored


def _cotangents(x: Tensor, dyads: int = 2, classes: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(4)
    return torch.randn(len(x), dyads, classes, generator=generator, dtype=torch.float64)


def _naive(module: nn.Module, x: Tensor, cotangents: Tensor) -> Tensor:
    parameters = list(module.requires_grad_().parameters())
    found = []
    for sample, of_sample in zip(x, cotangents, strict=True):
        for cotangent in of_sample:
            parts = torch.autograd.grad(module(sample[None])[0] @ cotangent, parameters)
            found.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(found)


class _Residual(nn.Module):
    """A residual block with normalisation, strides, and a branch of its own around it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.around = nn.Conv2d(2, 4, 1, stride=2)
        self.layer_norm = nn.LayerNorm(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second(torch.relu(self.norm(self.first(x))))
        return self.head(self.layer_norm(torch.relu(inner + self.around(x)).mean((2, 3))))


def _residual() -> tuple[nn.Module, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(6)
        module = _Residual().double()
        module.norm.running_mean.normal_()
        module.norm.running_var.uniform_(0.5, 2)
        return module.eval(), torch.randn(5, 2, 6, 7, dtype=torch.float64)


@pytest.mark.parametrize("name", NETWORKS)
def test_both_ways_agree_with_a_loop_on_layered_networks(name):
    module, x, _ = build_network(name)
    classes = module(x).shape[1]
    cotangents = _cotangents(x, classes=classes)
    expected = _naive(module, x, cotangents)
    size = expected.shape[1]
    assert not why_not_factored(module)
    for make in (layered_rows, mapped_rows):
        found = make(module)(x, cotangents, slice(0, size))
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
        some = slice(size // 3, size // 3 + max(1, size // 2))
        part = make(module)(x, cotangents, some)
        torch.testing.assert_close(part, expected[:, some], rtol=1e-11, atol=1e-11)


def test_dense_layers_used_at_many_positions():
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Flatten(), nn.Tanh())
    x = torch.randn(5, 2, 2, 3, generator=torch.Generator().manual_seed(0)).double()
    cotangents = _cotangents(x, 3, classes=8)
    ((_, found),) = row_slices(module.double(), x, cotangents)
    assert not why_not_factored(module)
    torch.testing.assert_close(found, _naive(module, x, cotangents), rtol=0, atol=1e-14)


@pytest.mark.parametrize("build", [_residual, lambda: build_network("3 dense")[:2]])
@pytest.mark.parametrize("width", [1, 7, 50, 10_000])
def test_slices_follow_one_another_and_make_up_the_whole(build, width):
    module, x = build()
    cotangents = _cotangents(x)
    expected = _naive(module, x, cotangents)
    column = 8 * len(expected)  # bytes
    slices = list(row_slices(module, x, cotangents, width * column + 3))
    edges = [(columns.start, columns.stop) for columns, _ in slices]
    size = expected.shape[1]
    assert edges == [(i, min(i + width, size)) for i in range(0, size, width)]
    together = torch.cat([part for _, part in slices], dim=1)
    torch.testing.assert_close(together, expected, rtol=0, atol=1e-12)


def test_residual_networks_with_normalisation_take_the_general_way(monkeypatch):
    module, x = _residual()
    assert why_not_factored(module)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    expected = _naive(module, x, _cotangents(x))
    for samples, memory in ((2, rows.CHUNK_BYTES), (128, 1)):  # ragged batches; one by one
        monkeypatch.setattr(rows, "BATCH", samples)
        monkeypatch.setattr(slicing, "BATCH", samples)
        monkeypatch.setattr(rows, "CHUNK_BYTES", memory)
        ((_, found),) = row_slices(module, x, _cotangents(x))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)
    after = module.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_batches_of_samples_change_nothing(monkeypatch):
    module, x, _ = build_network("3 dense")
    monkeypatch.setattr(slicing, "BATCH", 4)
    ((_, found),) = row_slices(module, x, _cotangents(x))
    torch.testing.assert_close(found, _naive(module, x, _cotangents(x)), rtol=0, atol=1e-12)


def test_a_slice_takes_no_more_memory_than_asked(monkeypatch):
    module, x, _ = build_network("3 dense")
    widths = [part.numel() * 8 for _, part in row_slices(module, x, _cotangents(x), 2000)]
    assert max(widths) <= 2000
    assert len(widths) > 3


def test_frozen_parameters_have_no_columns():
    module, x = _residual()
    module.first.requires_grad_(False)
    module.head.bias.requires_grad_(False)
    wanted = [part for part in module.parameters() if part.requires_grad]
    cotangents = _cotangents(x)
    found = torch.cat([part for _, part in row_slices(module, x, cotangents, 1000)], dim=1)
    for row, (sample, cotangent) in zip(
        found, [(s, c) for s, of_s in zip(x, cotangents, strict=True) for c in of_s], strict=True
    ):
        parts = torch.autograd.grad(module(sample[None])[0] @ cotangent, wanted)
        expected = torch.cat([part.flatten() for part in parts])
        torch.testing.assert_close(row, expected, rtol=0, atol=1e-13)


@pytest.fixture
def differentiations(monkeypatch):
    """The samples that each call of the general way is for."""
    calls = []

    def counted(module):
        made = mapped_rows(module)

        def of(x, cotangents, columns):
            calls.append(len(x))
            return made(x, cotangents, columns)

        return of

    monkeypatch.setattr(slicing, "mapped_rows", counted)
    return calls


@pytest.mark.parametrize("batch", [2, 128])
@pytest.mark.parametrize("chosen", [None, slice(13, 160)])
def test_a_network_that_is_not_layered_is_differentiated_once(
    monkeypatch, differentiations, batch, chosen
):
    module, x = _residual()
    cotangents = _cotangents(x)
    expected = _naive(module, x, cotangents)[:, chosen or slice(None)]
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
    module, x = _residual()
    monkeypatch.setattr(slicing, "SLICE_BYTES", 1)
    list(row_slices(module, x, _cotangents(x), 8000))
    assert differentiations == [1] * len(x)


def test_a_full_disk_means_a_differentiation_for_each_slice(monkeypatch, differentiations):
    module, x = _residual()
    cotangents = _cotangents(x)
    expected = _naive(module, x, cotangents)
    free = 2 * expected.numel() * 8 - 1  # half of it is one byte too few

    class Usage:
        pass

    Usage.free = free
    monkeypatch.setattr(slicing.shutil, "disk_usage", lambda folder: Usage)
    found = list(row_slices(module, x, cotangents, 8 * len(expected) * 50))
    assert sum(differentiations) == len(x) * len(found)
    Usage.free = free + 1
    differentiations.clear()
    again = list(row_slices(module, x, cotangents, 8 * len(expected) * 50))
    assert sum(differentiations) == len(x)
    for (_, part), (_, other) in zip(found, again, strict=True):
        torch.testing.assert_close(part, other, rtol=0, atol=1e-13)


def test_slices_that_cost_a_differentiation_each_take_more_of_the_memory():
    layered, other = nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 2), nn.Softplus(), nn.GRU(2, 2))
    assert not why_not_factored(layered)
    assert why_not_factored(other)
    for network in (layered, other):
        assert fitting_slice(network, inf) == fitting_slice(network, 1e8) == SLICE_BYTES
    assert fitting_slice(layered, 6e9) == SLICE_BYTES
    assert fitting_slice(other, 6e9) == 1e9
