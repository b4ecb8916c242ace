"""Which networks and data the Hessian layer by layer takes, and how it refuses all others."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from helpers.layered_networks import lenet
from hessian_boundary.curvature.operators.layer_steps import evaluate
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.networks.architectures import cnn, lenet5, mlp
from hessian_boundary.networks.structure import why_not_layered


class _OtherLinear(nn.Linear):
    """May compute anything."""


class _OtherSequential(nn.Sequential):
    """May use its parts in any way."""


SHARED = nn.Linear(4, 4)
# none of these may take the path, whatever they would compute
REFUSED: dict[str, nn.Module] = {
    "no layer": nn.Sequential(nn.Flatten(), nn.ReLU()),
    "activation": nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3)),
    "normalisation": nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)),
    "in place": nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 3)),
    "shared": nn.Sequential(SHARED, nn.ReLU(), SHARED),
    "subclass of a layer": nn.Sequential(_OtherLinear(4, 4), nn.ReLU(), nn.Linear(4, 3)),
    "subclass of Sequential": _OtherSequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)),
    "reparametrised": parametrizations.weight_norm(nn.Linear(4, 3)),
    "reparametrised by a hook": nn.utils.spectral_norm(nn.Linear(4, 3)),
    "groups": nn.Sequential(nn.Conv2d(2, 4, 2, groups=2), nn.Flatten(), nn.Linear(16, 3)),
    "padding mode": nn.Sequential(
        nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), nn.Flatten(), nn.Linear(9, 3)
    ),
    "padding by name": nn.Sequential(nn.Conv2d(1, 1, 3, padding="same"), nn.Flatten()),
    "other convolution": nn.Sequential(nn.Conv1d(1, 1, 3), nn.Flatten(), nn.Linear(2, 3)),
    "other flatten": nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(2), nn.Linear(4, 3)),
    "image into a dense layer": nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(4, 3)),
    "pool with indices": nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.MaxPool2d(2, return_indices=True), nn.Flatten(), nn.Linear(4, 3)
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_modules_are_refused(name):
    assert why_not_layered(REFUSED[name])
    with pytest.raises(ValueError, match=r"(?s)expected Linear, .* found .*; use `dense_matrix`"):
        layered_hessian(SimpleNamespace(network=REFUSED[name], loss=F.cross_entropy))


@pytest.mark.parametrize(
    "module",
    [
        mlp.build((2,), 3, hidden=[5, 5]),
        mlp.build((1, 4, 4), 3, hidden=[5]),
        cnn.build((1, 28, 28), 4),
        lenet5.build((3, 32, 32), 3),
    ],
)
def test_architectures_qualify(module):
    assert not why_not_layered(module)


def test_sigmoid_does_not_qualify():
    assert why_not_layered(mlp.build((2,), 3, hidden=[5], activation="sigmoid"))


def test_inputs_of_other_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"expected inputs of 2 dimensions.*found .*\(2, 5, 4\)"):
        evaluate(nn.Linear(4, 3), torch.randn(2, 5, 4))
    with pytest.raises(ValueError, match=r"expected inputs of 4 dimensions.*found .*\(1, 12, 12\)"):
        evaluate(lenet(), torch.randn(1, 12, 12))


def test_the_order_of_a_layers_parameters_is_not_assumed():
    layer = nn.Linear(4, 3)
    layer.weight = layer._parameters.pop("weight")
    reason = "the parameters of Linear are ['bias', 'weight'], not a weight and then a bias"
    assert why_not_layered(layer) == reason


def test_a_frozen_layer_is_refused():
    module = lenet()
    module[0].bias.requires_grad_(False)
    assert why_not_layered(module) == "a parameter of Conv2d is frozen"
