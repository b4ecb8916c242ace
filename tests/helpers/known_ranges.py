"""Networks of dense layers whose range is known, and their eigenpairs with all products counted."""

from functools import partial
from itertools import pairwise

import torch
from torch import nn

from hessian_boundary.curvature.all_eigenpairs import all_eigenpairs
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.networks.problem import Problem

TOLERANCE = 1e-12


def dense_network(activation, sizes, bias=True):
    layers = [nn.Linear(*pair, bias=bias) for pair in pairwise(sizes)]
    parts = [part for layer in layers for part in (layer, activation())]
    return nn.Sequential(*parts[:-1])


def _dead(sizes):
    """A ReLU network of which every third hidden unit is off at all samples."""
    network = dense_network(nn.ReLU, sizes)
    with torch.no_grad():
        for layer in (network[0], network[2]):
            layer.bias[::3] = -100
    return network


def _pseudo_huber(logits, y):
    targets = nn.functional.one_hot(y, logits.shape[1])
    return ((1 + (logits - targets) ** 2).sqrt() - 1).sum(1)


# name -> (network, samples, loss)
GIVES = {
    "relu": (partial(dense_network, nn.ReLU, (2, 30, 30, 3)), 25, "cross_entropy"),
    "relu, no bias": (
        partial(dense_network, nn.ReLU, (2, 30, 30, 3), bias=False),
        25,
        "cross_entropy",
    ),
    "relu, dead units": (partial(_dead, (2, 30, 30, 3)), 25, "cross_entropy"),
    "relu, squared error": (partial(dense_network, nn.ReLU, (2, 30, 30, 3)), 25, "squared_error"),
    "relu, another loss": (partial(dense_network, nn.ReLU, (2, 30, 30, 3)), 25, _pseudo_huber),
    "relu, deep": (partial(dense_network, nn.ReLU, (30, 40, 3, 3, 3)), 20, "cross_entropy"),
    "relu, two layers": (partial(dense_network, nn.ReLU, (30, 20, 4)), 9, "cross_entropy"),
    "relu, many classes": (partial(dense_network, nn.ReLU, (2, 12, 20)), 4, "cross_entropy"),
    "relu, one unit": (partial(dense_network, nn.ReLU, (30, 20, 1, 3)), 9, "cross_entropy"),
    "sigmoid": (partial(dense_network, nn.Sigmoid, (2, 30, 30, 3)), 6, "cross_entropy"),
    "sigmoid, no bias": (
        partial(dense_network, nn.Sigmoid, (2, 30, 30, 3), bias=False),
        4,
        "cross_entropy",
    ),
    "tanh, squared error": (partial(dense_network, nn.Tanh, (1, 25, 40, 2)), 6, "squared_error"),
}


def range_problem(network, samples, loss):
    torch.manual_seed(1)
    built = network()
    first = next(layer for layer in built.modules() if isinstance(layer, nn.Linear))
    last = [layer for layer in built.modules() if isinstance(layer, nn.Linear)][-1]
    x = torch.randn(samples, first.in_features, dtype=torch.float64)
    return Problem.prepared(built, x, torch.arange(samples) % last.out_features, loss)


def all_found(problem, **options):
    products = certified_products(problem, "range", torch.inf)
    given = {"rank_tolerance": TOLERANCE, "seed": 0, "memory_limit": torch.inf, **options}
    return *all_eigenpairs(problem, products, **given), products.operator.products
