"""Rows of the Gauss-Newton factor, slice by slice, against loops over samples and dyads."""

import pytest
import torch
from torch import nn

from helpers.factor_rows import cotangents_of, naive_rows, residual_network
from helpers.layered_networks import NETWORKS, build_network
from helpers.other_modules import FEATURES
from helpers.other_networks import RIGHT
from hessian_boundary.curvature.gauss_newton import row_slices as slicing
from hessian_boundary.curvature.gauss_newton import rows
from hessian_boundary.curvature.gauss_newton.row_slices import row_slices
from hessian_boundary.curvature.gauss_newton.rows import (
    any_rows,
    layered_rows,
    looped_rows,
    mapped_rows,
)
from hessian_boundary.networks.structure import why_not_factored


@pytest.mark.parametrize("name", NETWORKS)
def test_all_ways_agree_with_a_loop_on_layered_networks(name):
    module, x, _ = build_network(name)
    classes = module(x).shape[1]
    cotangents = cotangents_of(x, classes=classes)
    expected = naive_rows(module, x, cotangents)
    size = expected.shape[1]
    assert not why_not_factored(module)
    for make in (layered_rows, mapped_rows, looped_rows):
        found = make(module)(x, cotangents, slice(0, size))
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
        some = slice(size // 3, size // 3 + max(1, size // 2))
        part = make(module)(x, cotangents, some)
        torch.testing.assert_close(part, expected[:, some], rtol=1e-11, atol=1e-11)


def test_dense_layers_used_at_many_positions():
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Flatten(), nn.Tanh())
    x = torch.randn(5, 2, 2, 3, generator=torch.Generator().manual_seed(0)).double()
    cotangents = cotangents_of(x, 3, classes=8)
    ((_, found),) = row_slices(module.double(), x, cotangents)
    assert not why_not_factored(module)
    torch.testing.assert_close(found, naive_rows(module, x, cotangents), rtol=0, atol=1e-14)


@pytest.mark.parametrize("build", [residual_network, lambda: build_network("3 dense")[:2]])
@pytest.mark.parametrize("width", [1, 7, 50, 10_000])
def test_slices_follow_one_another_and_make_up_the_whole(build, width):
    module, x = build()
    cotangents = cotangents_of(x)
    expected = naive_rows(module, x, cotangents)
    column = 8 * len(expected)  # bytes
    slices = list(row_slices(module, x, cotangents, width * column + 3))
    edges = [(columns.start, columns.stop) for columns, _ in slices]
    size = expected.shape[1]
    assert edges == [(i, min(i + width, size)) for i in range(0, size, width)]
    together = torch.cat([part for _, part in slices], dim=1)
    torch.testing.assert_close(together, expected, rtol=0, atol=1e-12)


def test_residual_networks_with_normalisation_take_the_general_way(monkeypatch):
    module, x = residual_network()
    assert why_not_factored(module)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    expected = naive_rows(module, x, cotangents_of(x))
    for samples, memory in ((2, rows.CHUNK_BYTES), (128, 1)):  # ragged batches; one by one
        monkeypatch.setattr(rows, "BATCH", samples)
        monkeypatch.setattr(slicing, "BATCH", samples)
        monkeypatch.setattr(rows, "CHUNK_BYTES", memory)
        ((_, found),) = row_slices(module, x, cotangents_of(x))
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)
    after = module.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.mark.parametrize("name", ["lstm", "own derivative", "branch on values", "unused layer"])
def test_what_cannot_be_vectorised_is_looped(monkeypatch, name):
    torch.manual_seed(0)
    module, x = RIGHT[name]().double(), torch.randn(5, FEATURES, dtype=torch.float64)
    cotangents = cotangents_of(x)
    monkeypatch.setattr(slicing, "BATCH", 2)
    ((_, found),) = row_slices(module, x, cotangents)
    expected = naive_rows(module, x, cotangents)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)
    some = any_rows(module)(x, cotangents, slice(4, 21))
    torch.testing.assert_close(some, expected[:, 4:21], rtol=0, atol=1e-13)


def test_too_little_memory_is_no_reason_to_loop(monkeypatch):
    def out_of_memory(*arguments, **options):
        raise MemoryError

    module, x = residual_network()
    monkeypatch.setattr(rows, "vmap", out_of_memory)
    with pytest.raises(MemoryError):
        any_rows(module)(x, cotangents_of(x), slice(0, 5))


class _Clamped(nn.Module):
    """Hardsigmoid, whose slope PyTorch has as 1/6 in float32."""

    def forward(self, x):
        return (x / 6 + 0.5).clamp(0, 1)


def test_rows_have_the_slope_of_hardsigmoid_to_all_digits():
    first, norm, last = nn.Linear(2, 5), nn.LayerNorm(5), nn.Linear(5, 3)
    module = nn.Sequential(first, nn.Hardsigmoid(), norm, last).double()
    x = torch.randn(5, 2, dtype=torch.float64)
    ((_, found),) = row_slices(module, x, cotangents_of(x))
    expected = naive_rows(nn.Sequential(first, _Clamped(), norm, last), x, cotangents_of(x))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_batches_of_samples_change_nothing(monkeypatch):
    module, x, _ = build_network("3 dense")
    monkeypatch.setattr(slicing, "BATCH", 4)
    ((_, found),) = row_slices(module, x, cotangents_of(x))
    torch.testing.assert_close(found, naive_rows(module, x, cotangents_of(x)), rtol=0, atol=1e-12)


def test_a_slice_takes_no_more_memory_than_asked(monkeypatch):
    module, x, _ = build_network("3 dense")
    widths = [part.numel() * 8 for _, part in row_slices(module, x, cotangents_of(x), 2000)]
    assert max(widths) <= 2000
    assert len(widths) > 3


def test_frozen_parameters_have_no_columns():
    module, x = residual_network()
    module.first.requires_grad_(False)
    module.head.bias.requires_grad_(False)
    wanted = [part for part in module.parameters() if part.requires_grad]
    cotangents = cotangents_of(x)
    found = torch.cat([part for _, part in row_slices(module, x, cotangents, 1000)], dim=1)
    for row, (sample, cotangent) in zip(
        found, [(s, c) for s, of_s in zip(x, cotangents, strict=True) for c in of_s], strict=True
    ):
        parts = torch.autograd.grad(module(sample[None])[0] @ cotangent, wanted)
        expected = torch.cat([part.flatten() for part in parts])
        torch.testing.assert_close(row, expected, rtol=0, atol=1e-13)
