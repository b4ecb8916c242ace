"""The paper's networks: parameter counts, shapes, and the fast paths they are built for."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hessian_boundary.curvature.trace import trace_by_samples
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.architectures import cnn, lenet5, mlp, resnet18, resnet20
from hessian_boundary.networks.building import build_model
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_factored

MNIST, CIFAR = (1, 28, 28), (3, 32, 32)


def _size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameter_counts_of_the_fact_sheet():
    assert _size(mlp.build((1,), 2, hidden=[10])) == 42
    assert _size(mlp.build((2,), 3, hidden=[100, 100])) == 10_703
    assert _size(cnn.build(MNIST, 3)) == 7_203
    assert _size(cnn.build(MNIST, 4)) == 8_004
    assert _size(lenet5.build(CIFAR, 3)) == 61_411


def test_parameter_counts_of_residual_networks():
    """Those of the paper's Table 6 with projections, and of the usual ResNet-18 for CIFAR-10."""
    assert _size(resnet20.build(CIFAR, 10)) == 272_474
    assert _size(resnet18.build(CIFAR, 10)) == 11_173_962
    assert _size(resnet18.build(CIFAR, 3)) == 11_173_962 - 7 * 513


def test_a_residual_block_computes_what_its_docstring_says():
    block = resnet20.ResidualBlock(3, 4, 2).double().eval()
    for part in block.modules():  # statistics and weights as if trained
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight.data, part.bias.data, part.running_mean, part.running_var):
                values.uniform_(0.5, 2)
    x = torch.randn(2, 3, 7, 6, dtype=torch.float64)

    def norm(h, part):
        mean, variance, weight, bias = (
            values[:, None, None]
            for values in (part.running_mean, part.running_var, part.weight, part.bias)
        )
        return (h - mean) / (variance + part.eps).sqrt() * weight + bias

    change = norm(F.conv2d(x, block.first.weight, stride=2, padding=1), block.first_norm).relu()
    change = norm(F.conv2d(change, block.second.weight, padding=1), block.second_norm)
    projection, projection_norm = block.shortcut
    moved = torch.einsum("oi,nirc->norc", projection.weight[..., 0, 0], x[..., ::2, ::2])
    short = norm(moved, projection_norm)
    torch.testing.assert_close(block(x), (short + change).relu())


@pytest.mark.parametrize(("architecture", "sides"), [(resnet20, (8, 5)), (resnet18, (4, 3))])
def test_residual_networks_take_images_of_any_size(architecture, sides):
    module = architecture.build((2, *sides), 5).eval()
    stages = [part for part in module if isinstance(part, resnet20.ResidualBlock)]
    assert len(stages) == {resnet20: 9, resnet18: 8}[architecture]
    assert module(torch.randn(3, 2, *sides)).shape == (3, 5)


@pytest.mark.parametrize(("name", "shape"), [("cnn", MNIST), ("lenet5", CIFAR)])
def test_networks_take_the_fast_paths(name, shape):
    module = build_model({"name": name}, shape, 3, seed=0)
    assert isinstance(module, nn.Sequential)
    assert not why_not_factored(module)
    x, y = torch.rand(2, *shape), torch.tensor([0, 2])
    assert trace_by_samples(Problem(module, x, y, cross_entropy_per_sample)) is not None


def test_cnn_computes_what_the_fact_sheet_says():
    module = cnn.build(MNIST, 3).double()
    x = torch.randn(5, *MNIST, dtype=torch.float64)
    w1, b1, w2, b2, w3, b3 = module.parameters()
    h = F.max_pool2d(F.relu(F.conv2d(x, w1, b1)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, w2, b2)), 2)
    assert [tuple(w.shape) for w in (w1, w2, w3)] == [(16, 1, 3, 3), (32, 16, 3, 3), (3, 800)]
    torch.testing.assert_close(module(x), h.flatten(1) @ w3.T + b3)


def test_lenet5_computes_what_the_fact_sheet_says():
    module = lenet5.build(CIFAR, 3).double()
    x = torch.randn(5, *CIFAR, dtype=torch.float64)
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = module.parameters()
    h = F.max_pool2d(F.relu(F.conv2d(x, w1, b1)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, w2, b2)), 2)
    h = F.relu(h.flatten(1) @ w3.T + b3)
    h = F.relu(h @ w4.T + b4)
    shapes = [(6, 3, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (3, 84)]
    assert [tuple(w.shape) for w in (w1, w2, w3, w4, w5)] == shapes
    torch.testing.assert_close(module(x), h @ w5.T + b5)


@pytest.mark.parametrize(("architecture", "smallest"), [(cnn, 10), (lenet5, 16)])
def test_sizes_follow_the_input_down_to_the_smallest(architecture, smallest):
    for shape in [(2, smallest, smallest + 7), (1, 33, 20)]:
        assert architecture.build(shape, 4)(torch.zeros(3, *shape)).shape == (3, 4)


@pytest.mark.parametrize(("architecture", "smallest"), [(cnn, 10), (lenet5, 16)])
def test_images_that_are_too_small_are_refused(architecture, smallest):
    message = rf"at least {smallest} × {smallest} pixels .* found {smallest - 1} × {smallest}"
    with pytest.raises(ValueError, match=message):
        architecture.build((1, smallest - 1, smallest), 3)


@pytest.mark.parametrize("architecture", [cnn, lenet5, resnet18, resnet20])
def test_feature_vectors_are_refused(architecture):
    with pytest.raises(ValueError, match=r"found inputs of shape \(2,\); use the architecture"):
        architecture.build((2,), 3)
