"""Products layer by layer against automatic differentiation, whatever lies between the layers."""

import pytest
import torch
from torch import nn

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_products import LayeredProducts
from hessian_boundary.losses.per_sample import cross_entropy_per_sample, squared_error_per_sample
from hessian_boundary.networks.problem import Problem

NETWORKS = {
    "one layer": (lambda: nn.Linear(4, 3), (4,)),
    "dense, without biases": (
        lambda: nn.Sequential(
            nn.Linear(4, 7, bias=False), nn.ReLU(), nn.Linear(7, 5), nn.Linear(5, 3, bias=False)
        ),
        (4,),
    ),
    "parts before the first and behind the last layer": (
        lambda: nn.Sequential(
            nn.ReLU(), nn.Flatten(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3), nn.ReLU()
        ),
        (2, 4),
    ),
    "stride, padding, dilation": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, (3, 2), stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(3, 4, 2, dilation=(2, 1), bias=False),
            nn.Flatten(),
            nn.Linear(36, 3),
        ),
        (2, 9, 6),
    ),
    "pools that overlap, average, pad": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 3),
            nn.MaxPool2d(3, stride=1, padding=1),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Identity(),
            nn.Sequential(nn.Conv2d(3, 2, 2), nn.MaxPool2d(2)),
            nn.Flatten(),
            nn.Linear(2, 4),
            nn.ReLU(),
            nn.Linear(4, 3),
        ),
        (1, 9, 9),
    ),
}


def _problem(name, samples=150):
    build, shape = NETWORKS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        module = build().double()
        x = torch.randn(samples, *shape, dtype=torch.float64)
        y = torch.randint(3, (samples,))
    return module, x, y


def _vectors(module, count):
    size = sum(parameter.numel() for parameter in module.parameters())
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, size, generator=generator, dtype=torch.float64)


def _assert_equal(problem, loss, count=9, **options):
    vectors = _vectors(problem[0], count)
    expected = Hessian(Problem(*problem, loss))(vectors)
    operator = LayeredProducts(Problem(*problem, loss), **options)
    assert (operator.dimension, operator.dtype) == (vectors.shape[1], torch.float64)
    atol = 1e-14 * float(expected.abs().max())
    for _ in range(2):  # evaluated anew, and from what was kept
        torch.testing.assert_close(operator(vectors), expected, rtol=0, atol=atol)
    assert operator.products == 2 * count


@pytest.mark.parametrize("loss", [cross_entropy_per_sample, squared_error_per_sample])
@pytest.mark.parametrize("name", NETWORKS)
def test_products_are_those_of_automatic_differentiation(name, loss):
    _assert_equal(_problem(name), loss, batch_size=64, chunk=4)


@pytest.mark.parametrize("name", ["mlp_relu", "cnn", "softmax_regression"])
def test_the_shared_networks_agree(make_problem, name):
    case = make_problem(name)
    _assert_equal((case.module, case.x, case.y), cross_entropy_per_sample)


@pytest.mark.parametrize(("batch_size", "chunk"), [(64, 1), (7, 9), (1000, 100)])
def test_products_depend_neither_on_batch_size_nor_on_chunk(batch_size, chunk):
    problem = _problem("stride, padding, dilation")
    _assert_equal(problem, cross_entropy_per_sample, batch_size=batch_size, chunk=chunk)


def _bytes_of_first_batch(problem):
    operator = LayeredProducts(Problem(*problem, cross_entropy_per_sample), batch_size=64)
    operator(_vectors(problem[0], 1))
    return operator._kept[0].bytes


@pytest.mark.parametrize(("share", "kept"), [(0, 0), (0.9, 0), (1.5, 1), (2, 2), (10, 3)])
def test_memory_bounds_what_is_kept_and_not_the_result(share, kept):
    # the last batch, of 22, would fit where one of 64 does not; the order must not suffer from it
    problem = _problem("dense, without biases")
    memory = 2 * share * _bytes_of_first_batch(problem)  # half of it is kept
    options = {"batch_size": 64, "memory": memory}
    _assert_equal(problem, cross_entropy_per_sample, **options)
    operator = LayeredProducts(Problem(*problem, cross_entropy_per_sample), **options)
    operator(_vectors(problem[0], 1))
    operator(_vectors(problem[0], 1))
    assert len(operator._kept) == kept
    assert sum(batch.bytes for batch in operator._kept) <= memory / 2


def test_curved_activations_are_refused():
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh()).double()
    _, x, y = _problem("one layer")
    with pytest.raises(ValueError, match=r"(?s)expected a sequence of dense .*; use `Hessian`"):
        LayeredProducts(Problem(module, x, y, cross_entropy_per_sample))


def test_no_samples_are_refused():
    module, x, y = _problem("one layer")
    with pytest.raises(ValueError, match="at least one sample to take the loss of, found none"):
        LayeredProducts(Problem(module, x[:0], y[:0], cross_entropy_per_sample))
