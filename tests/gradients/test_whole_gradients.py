"""Gradients written out: many samples at once where that is right, else one after the other."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from helpers.gradient_products import gradients_of_copy, parameter_count, random_directions
from hessian_boundary.certificates.gradients import CHECKED
from hessian_boundary.gradients import products, whole
from hessian_boundary.losses.per_sample import cross_entropy_per_sample


class Skips(nn.Module):
    """A network that fast paths do not look into; one of its layers is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.unused, self.last = nn.Linear(2, 5), nn.Linear(5, 5), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.tanh(self.first(x))
        return self.last(h + h.square())


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return Skips().double()


@pytest.fixture
def x() -> Tensor:
    return torch.randn(31, 2, dtype=torch.float64)


@pytest.fixture
def looped_samples(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples each call takes one after the other."""
    samples: list[int] = []
    looped = whole.looped_gradients

    def counted(network: nn.Module) -> whole.SampleGradients:
        gradients = looped(network)

        def count(x: Tensor, cotangent: Tensor) -> Tensor:
            samples.append(len(x))
            return gradients(x, cotangent)

        return count

    monkeypatch.setattr(whole, "looped_gradients", counted)
    return samples


def per_sample(network: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """What is tested, and one backward pass per sample."""
    labels = network(x).argmax(1)
    found = whole.per_sample_gradients(network, x, labels, cross_entropy_per_sample)
    return found, gradients_of_copy(network, x)


def test_one_after_the_other_is_only_the_check(network, x, looped_samples) -> None:
    found, expected = per_sample(network, x)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-14)
    assert looped_samples == [CHECKED]


def fails(x: Tensor, cotangent: Tensor) -> Tensor:
    raise RuntimeError("no batching rule")


def wrong(x: Tensor, cotangent: Tensor) -> Tensor:
    return torch.ones(len(x), 63, dtype=torch.float64)


def unknown(x: Tensor, cotangent: Tensor) -> Tensor:
    return torch.full((len(x), 63), torch.nan, dtype=torch.float64)


@pytest.mark.parametrize("mapped", [fails, wrong, unknown])
def test_what_cannot_be_vectorised_is_looped(
    network, x, looped_samples, monkeypatch, mapped: Callable
) -> None:
    monkeypatch.setattr(whole, "mapped_gradients", lambda network: mapped)
    found, expected = per_sample(network, x)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-14)
    assert looped_samples == [CHECKED, len(x)]
    directions = random_directions(parameter_count(network))
    path = products.gradient_path(network, x, directions, cross_entropy_per_sample)
    assert path.name == "looped"
    assert path.certificate.error < 1e-10


@pytest.mark.parametrize("make", [whole.mapped_gradients, whole.looped_gradients])
def test_a_parameter_that_is_not_used_has_slope_zero(network, x, make) -> None:
    gradients = make(network)(x, torch.ones(len(x), 3, dtype=torch.float64))
    assert gradients.shape == (31, 15 + 30 + 18)
    assert bool((gradients[:, 15:45] == 0).all())
    assert bool((gradients[:, :15] != 0).any())


def test_an_error_is_relative_to_its_own_row() -> None:
    expected = torch.tensor([[100.0, -200.0], [0.0, 0.0], [1e-9, 1e-9]])
    found = expected + torch.tensor([[2.0, 0.0], [0.0, 0.0], [0.0, -1e-10]])
    assert whole._largest_error(found, expected) == pytest.approx(0.1)
    assert whole._largest_error(found[:2], expected[:2]) == pytest.approx(0.01)
    found[1, 1] = 1e-3  # of a row of zeros, what is there
    assert whole._largest_error(found[:2], expected[:2]) == pytest.approx(0.01)
    found[1, 1] = torch.nan
    assert whole._largest_error(found, expected) == float("inf")


@pytest.mark.parametrize("vectorised", [True, False])
def test_products_are_the_same_however_few_gradients_there_are_at_once(
    network, x, monkeypatch, vectorised: bool
) -> None:
    directions = random_directions(parameter_count(network))
    slopes = torch.randn(len(x), 3, dtype=torch.float64)

    def products_and_sizes(gradients_at_once: int) -> tuple[Tensor, Tensor]:
        bytes_of_one = 8 * parameter_count(network)
        monkeypatch.setattr(whole, "CHUNK_BYTES", gradients_at_once * bytes_of_one)
        evaluate = whole.whole_products(network, directions, vectorised=vectorised)
        return evaluate(x)[1](slopes)

    expected = products_and_sizes(1000)
    for count in (1, 7, 31):  # the last batch of 7 is ragged
        for found, value in zip(products_and_sizes(count), expected, strict=True):
            torch.testing.assert_close(found, value, rtol=1e-12, atol=1e-13)
    seen: list[int] = []
    vmap = whole.vmap
    monkeypatch.setattr(
        whole, "vmap", lambda function, chunk_size: seen.append(chunk_size) or vmap(function)
    )
    products_and_sizes(7)
    assert seen == ([7] * 5 if vectorised else [])
