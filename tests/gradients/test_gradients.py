"""Per-sample gradients: against one backward pass per sample, and closed forms where that fails."""

import pytest
import torch
from torch import nn

from helpers.gradient_products import (
    assert_same_as_naive,
    gradients_of_copy,
    parameter_count,
    products,
    random_directions,
)
from helpers.other_modules import OneHot
from hessian_boundary.gradients.products import gradient_path, gradient_products
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.losses.per_sample import cross_entropy_per_sample, squared_error_per_sample


def test_products_are_those_of_one_backward_pass_per_sample(problem):
    assert_same_as_naive(problem.module, problem.x, batch_size=64)


def test_given_labels_replace_the_predicted_ones(problem):
    assert_same_as_naive(problem.module, problem.x, labels=problem.y, batch_size=64)
    prediction = problem.module(problem.x).argmax(1)
    wrong = prediction != problem.y
    given = products(problem.module, problem.x, random_directions(problem.size), labels=problem.y)
    predicted = products(problem.module, problem.x, random_directions(problem.size))
    assert bool(wrong.any())
    assert not torch.allclose(given.norm[wrong], predicted.norm[wrong], rtol=1e-3)


@pytest.mark.parametrize("batch_size", [64, 7, 1, 1000])
def test_products_do_not_depend_on_the_batch_size(problem, batch_size):
    directions = random_directions(problem.size)
    whole = products(problem.module, problem.x, directions, batch_size=150)
    found = products(problem.module, problem.x, directions, batch_size=batch_size)
    torch.testing.assert_close(found.cosine, whole.cosine, rtol=0, atol=1e-13)
    torch.testing.assert_close(found.norm, whole.norm, rtol=1e-11, atol=0)
    torch.testing.assert_close(found.logits, whole.logits, rtol=1e-12, atol=1e-14)


def test_whole_gradients_are_those_of_one_backward_pass_per_sample(problem):
    found = per_sample_gradients(problem.module, problem.x, problem.y, cross_entropy_per_sample)
    expected = gradients_of_copy(problem.module, problem.x, problem.y)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-13)


def test_inputs_may_be_whole_numbers():
    module = nn.Sequential(OneHot(), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x = torch.randint(4, (23, 2))
    assert_same_as_naive(module, x, batch_size=7)
    directions = random_directions(parameter_count(module))
    assert gradient_path(module, x, directions, cross_entropy_per_sample).name == "factored"


def test_hooks_are_gone_afterwards(make_problem):
    case = make_problem("cnn")
    products(case.module, case.x, random_directions(case.size))
    assert not any(part._forward_hooks for part in case.module.modules())


def test_cosines_do_not_depend_on_the_length_of_directions_and_reach_one(make_problem):
    case = make_problem("mlp_sigmoid")
    gradient = gradients_of_copy(case.module, case.x[:1])
    found = products(case.module, case.x[:1], torch.cat([1e-3 * gradient, -50 * gradient]))
    expected = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    torch.testing.assert_close(found.cosine, expected, rtol=0, atol=1e-12)


def test_gradient_of_exactly_zero_has_no_direction_and_norm_zero(make_problem):
    case = make_problem("softmax_regression")
    with torch.no_grad():
        case.module.weight.zero_()
        case.module.bias.copy_(torch.tensor([4000.0, 0.0, 0.0]))
    found = products(case.module, case.x, random_directions(case.size))
    assert bool((found.norm == 0).all())
    assert bool(found.cosine.isnan().all())


def test_gradients_below_the_minimum_norm_keep_their_norm_but_lose_their_direction(make_problem):
    case = make_problem("mlp_relu")
    directions = random_directions(case.size)
    full = products(case.module, case.x, directions)
    minimum = float(full.norm.median())
    cut = products(case.module, case.x, directions, minimum_norm=minimum)
    assert torch.equal(cut.norm, full.norm)
    above = full.norm > minimum
    assert 0 < int(above.sum()) < len(above)
    assert bool(cut.cosine[:, ~above].isnan().all())
    assert torch.equal(cut.cosine[:, above], full.cosine[:, above])


@pytest.mark.parametrize("name", ["mlp_relu", "cnn", "softmax_regression"])
def test_gradients_of_very_confident_samples_have_accurate_direction_and_length(make_problem, name):
    # g = σ(m) ∂m/∂θ with m = log Σ_{c≠y} exp(f_c − f_y): the second factor is of ordinary size
    case = make_problem(name)
    last = case.module if name == "softmax_regression" else case.module[-1]
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.mul_(150)
    found = products(case.module, case.x, torch.eye(case.size, dtype=torch.float64))
    checked = 0
    for s in range(len(case.x)):
        logits = case.module(case.x[s : s + 1])[0]
        label = int(logits.argmax())
        others = [c for c in range(3) if c != label]
        margin = torch.logsumexp(logits[others] - logits[label], 0)
        if not -575 < margin.item() < -230:
            continue
        checked += 1
        parts = torch.autograd.grad(margin, list(case.module.parameters()))
        direction = torch.cat([part.flatten() for part in parts])
        length = direction.norm()
        torch.testing.assert_close(found.cosine[:, s], direction / length, rtol=0, atol=1e-13)
        expected = (torch.exp(margin) * length).item()
        assert 1e-255 < expected < 1e-95
        assert float(found.norm[s]) == pytest.approx(expected, rel=1e-10)
    assert checked >= 10


@pytest.mark.parametrize("nested", [False, True])
def test_the_slope_of_hardsigmoid_is_a_sixth_to_all_digits(nested: bool) -> None:
    """In float64 PyTorch's own is 1/6 as float32 holds it, 3e-8 too large."""
    parts = [nn.Linear(1, 1), nn.Hardsigmoid(), nn.Linear(1, 2)]
    module = (nn.Sequential(Residue(*parts)) if nested else nn.Sequential(*parts)).double()
    values = ([[1]], [0], [[1], [3]], [0, 0])
    for parameter, value in zip(module.parameters(), values, strict=True):
        parameter.data = torch.tensor(value, dtype=torch.float64)
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None]
    found = gradient_products(
        module, x, torch.eye(6, dtype=torch.float64)[:1], squared_error_per_sample, minimum_norm=0
    )
    h = x[:, 0] / 6 + 0.5
    # of ((h − 0)² + (3 h − 1)²) / 2 where the second logit is the larger
    expected = (h + 3 * (3 * h - 1)) * x[:, 0] / 6
    torch.testing.assert_close(found.cosine[0] * found.norm, expected, rtol=1e-12, atol=1e-14)
    name = gradient_path(
        module, x, torch.eye(6, dtype=torch.float64), squared_error_per_sample
    ).name
    assert name == ("mapped" if nested else "factored")


class Residue(nn.Sequential):
    """A subclass, which no fast path looks into."""
