"""Parameter vectors: round trips, counts from the paper, norms against numpy."""

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.networks.building import build_model
from hessian_boundary.networks.parameters import (
    functional_logits,
    load_parameter_vector,
    norms,
    parameter_layers,
    parameter_vector,
    split_parameters,
)

MLP2 = {"name": "mlp", "hidden": [100, 100], "activation": "relu"}
MLP1 = {"name": "mlp", "hidden": [10], "activation": "relu"}


def test_images_are_flattened():
    module = build_model(MLP1, (1, 4, 5), 3, seed=0)
    assert module(torch.zeros(7, 1, 4, 5)).shape == (7, 3)
    assert len(parameter_vector(module)) == 20 * 10 + 10 + 10 * 3 + 3


def test_vector_lists_the_tensors_in_order_and_row_by_row(problem):
    expected = np.concatenate([p.detach().numpy().ravel() for p in problem.module.parameters()])
    np.testing.assert_array_equal(parameter_vector(problem.module), expected)


def test_layers_name_every_entry_of_the_vector(make_problem):
    layers = parameter_layers(make_problem("softmax_regression").module)
    assert layers == ["weight"] * 12 + ["bias"] * 3


def test_loading_a_vector_and_reading_it_back_is_exact(problem):
    vector = torch.randn(problem.size, dtype=torch.float64)
    before = problem.module(problem.x)
    load_parameter_vector(problem.module, vector)
    assert torch.equal(parameter_vector(problem.module), vector)
    assert not torch.allclose(problem.module(problem.x), before)


def test_split_vectors_are_the_parameters_in_their_shapes(problem):
    vector = parameter_vector(problem.module)
    parts = split_parameters(torch.stack([vector, 2 * vector]), problem.module)
    for part, parameter in zip(parts, problem.module.parameters(), strict=True):
        assert torch.equal(part[0], parameter)
        assert torch.equal(part[1], 2 * parameter)


@pytest.mark.parametrize("length", [14, 16])
def test_vector_of_another_length_is_refused(make_problem, length):
    module = make_problem("softmax_regression").module
    with pytest.raises(ValueError, match=rf"expected 15 parameters .* found {length}"):
        load_parameter_vector(module, torch.zeros(length))


def test_norms_equal_numpy(problem):
    parameters = [p.detach().numpy() for p in problem.module.parameters()]
    vector = parameter_vector(problem.module)
    found = norms(vector, parameter_layers(problem.module))
    flat = np.concatenate([p.ravel() for p in parameters])
    assert found["norm_l2"] == pytest.approx(np.linalg.norm(flat), rel=1e-14)
    published = sum(np.linalg.norm(p.ravel()) for p in parameters)
    assert found["norm_published"] == pytest.approx(published, rel=1e-14)


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [(MLP2, (2,)), ({"name": "cnn"}, (1, 28, 28)), ({"name": "lenet5"}, (3, 32, 32))],
)
def test_same_seed_gives_the_same_network_and_another_seed_another_one(architecture, shape):
    first, again, other = (
        parameter_vector(build_model(architecture, shape, 3, seed=seed)) for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_building_neither_reads_nor_moves_the_global_random_state():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = parameter_vector(build_model(MLP1, (1,), 2, seed=0))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert torch.equal(parameter_vector(build_model(MLP1, (1,), 2, seed=0)), first)


def test_initialisation_is_the_default_of_pytorch():
    torch.manual_seed(11)
    expected = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 2))
    assert torch.equal(
        parameter_vector(build_model(MLP1, (1,), 2, seed=11)), parameter_vector(expected)
    )


def test_functional_logits_equal_the_module_and_leave_it_alone(problem):
    theta = tuple(p.detach() for p in problem.module.parameters())
    logits = functional_logits(problem.module)
    assert torch.equal(logits(theta, problem.x), problem.module(problem.x))
    doubled = logits(tuple(2 * p for p in theta), problem.x)
    assert not torch.allclose(doubled, logits(theta, problem.x))
    assert torch.equal(logits(theta, problem.x), problem.module(problem.x))


def _same_layer_twice() -> nn.Module:
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.Tanh(), layer)


def _shared_weight() -> nn.Module:
    module = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2))
    module[2].weight = module[0].weight
    return module


@pytest.mark.parametrize("build", [_same_layer_twice, _shared_weight])
def test_functional_logits_replace_shared_parameters_everywhere_and_leave_the_module(build):
    module, x = build(), torch.randn(5, 2)
    kept = list(module.parameters())
    expected = module(x)
    theta = tuple(p.detach() for p in kept)
    logits = functional_logits(module)
    torch.func.grad(lambda values: logits(values, x).sum())(theta)
    assert all(a is b for a, b in zip(module.parameters(), kept, strict=True))
    assert torch.equal(module(x), expected)
    doubled = logits(tuple(2 * p for p in theta), x)
    load_parameter_vector(module, 2 * parameter_vector(module))
    assert torch.equal(doubled, module(x))
