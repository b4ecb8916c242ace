"""Per-sample gradients: against one backward pass per sample, and closed forms where that fails."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hessian_boundary.gradients.products import gradient_path, gradient_products
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.networks.losses import cross_entropy_per_sample, squared_error_per_sample

DIRECTIONS = 5


def _directions(size, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(DIRECTIONS, size, generator=generator, dtype=torch.float64)


def _size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def _naive_gradients(module, x, labels=None):
    """One backward pass per sample of PyTorch's own loss, with the predicted label if none."""
    module = copy.deepcopy(module).requires_grad_()
    rows = []
    for i in range(len(x)):
        logits = module(x[i : i + 1])
        label = logits.argmax(1) if labels is None else labels[i : i + 1]
        loss = F.cross_entropy(logits, label)
        parts = torch.autograd.grad(loss, list(module.parameters()))
        rows.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(rows)


def _products(module, x, directions, **options):
    options = {"minimum_norm": 1e-300, **options}
    return gradient_products(module, x, directions, cross_entropy_per_sample, **options)


def _assert_products_of(found, gradients, directions):
    norms = torch.linalg.vector_norm(gradients, dim=1)
    lengths = torch.linalg.vector_norm(directions, dim=1)
    cosine = directions @ gradients.T / (lengths[:, None] * norms)
    torch.testing.assert_close(found.norm, norms, rtol=1e-9, atol=1e-13)
    # the textbook loss of the naive loop rounds ∂ℓ/∂f by 1e-16, which matters once it is small
    clear = norms > 1e-4
    assert int(clear.sum()) > len(norms) / 3
    torch.testing.assert_close(found.cosine[:, clear], cosine[:, clear], rtol=0, atol=1e-11)


def _assert_same_as_naive(module, x, **options):
    """Compare with the naive loop, and see that neither module nor data was changed."""
    before, data = copy.deepcopy(module.state_dict()), x.clone()
    kept = list(module.parameters())
    directions = _directions(_size(module))
    gradients = _naive_gradients(module, x, options.get("labels"))
    found = _products(module, x, directions, **options)
    _assert_products_of(found, gradients, directions)
    torch.testing.assert_close(found.logits, module(x).detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(module.state_dict(), before, rtol=0, atol=0)
    assert all(a is b for a, b in zip(module.parameters(), kept, strict=True))
    assert torch.equal(x, data)


def test_products_are_those_of_one_backward_pass_per_sample(problem):
    _assert_same_as_naive(problem.module, problem.x, batch_size=64)


def test_given_labels_replace_the_predicted_ones(problem):
    _assert_same_as_naive(problem.module, problem.x, labels=problem.y, batch_size=64)
    prediction = problem.module(problem.x).argmax(1)
    wrong = prediction != problem.y
    given = _products(problem.module, problem.x, _directions(problem.size), labels=problem.y)
    predicted = _products(problem.module, problem.x, _directions(problem.size))
    assert bool(wrong.any())
    assert not torch.allclose(given.norm[wrong], predicted.norm[wrong], rtol=1e-3)


@pytest.mark.parametrize("batch_size", [64, 7, 1, 1000])
def test_products_do_not_depend_on_the_batch_size(problem, batch_size):
    directions = _directions(problem.size)
    whole = _products(problem.module, problem.x, directions, batch_size=150)
    found = _products(problem.module, problem.x, directions, batch_size=batch_size)
    torch.testing.assert_close(found.cosine, whole.cosine, rtol=0, atol=1e-13)
    torch.testing.assert_close(found.norm, whole.norm, rtol=1e-11, atol=0)
    torch.testing.assert_close(found.logits, whole.logits, rtol=1e-12, atol=1e-14)


def test_whole_gradients_are_those_of_one_backward_pass_per_sample(problem):
    found = per_sample_gradients(problem.module, problem.x, problem.y, cross_entropy_per_sample)
    expected = _naive_gradients(problem.module, problem.x, problem.y)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-13)


class _Custom(nn.Module):
    """Parameters outside of layers, a skip connection and a normalisation."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(2, 6), nn.Linear(6, 3)
        self.norm = nn.LayerNorm(6)
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, x):
        h = torch.tanh(self.first(x))
        return self.last(self.scale * h + self.norm(h))


class _UsesItsLayerTwice(nn.Sequential):
    def forward(self, x):
        return self[1](torch.tanh(self[0](torch.tanh(self[0](x)))))


def _layer_listed_twice():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(2, 3))


def _shared_weight():
    module = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.Linear(2, 3))
    module[2].weight = module[0].weight
    return module


# name -> (network, input shape)
NETWORKS = {
    "stride, padding, dilation": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, 3, stride=2, padding=(1, 2), dilation=(1, 2)),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(48, 3),
        ),
        (2, 7, 8),
    ),
    "convolution without bias": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, (2, 3), bias=False), nn.Flatten(), nn.Linear(24, 3)),
        (1, 5, 5),
    ),
    "grouped convolution": (
        lambda: nn.Sequential(nn.Conv2d(4, 4, 3, groups=2), nn.Flatten(), nn.Linear(16, 3)),
        (4, 4, 4),
    ),
    "reflecting convolution": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.Flatten(), nn.Linear(32, 3)
        ),
        (1, 4, 4),
    ),
    "convolution that keeps the size": (
        lambda: nn.Sequential(nn.Conv2d(1, 2, 3, padding="same"), nn.Flatten(), nn.Linear(32, 3)),
        (1, 4, 4),
    ),
    "dense layer without bias": (
        lambda: nn.Sequential(nn.Linear(2, 9, bias=False), nn.Tanh(), nn.Linear(9, 3)),
        (2,),
    ),
    "dense layer at several positions": (
        lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Flatten(), nn.Linear(30, 3)),
        (6, 4),
    ),
    "nested": (
        lambda: nn.Sequential(nn.Sequential(nn.Linear(2, 5), nn.Tanh()), nn.Linear(5, 3)),
        (2,),
    ),
    "in-place activation": (
        lambda: nn.Sequential(nn.Linear(2, 9), nn.ReLU(inplace=True), nn.Linear(9, 3)),
        (2,),
    ),
    "batch normalisation": (
        lambda: nn.Sequential(nn.Linear(2, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)),
        (2,),
    ),
    "custom module": (_Custom, (2,)),
    "layer used twice in forward": (
        lambda: _UsesItsLayerTwice(nn.Linear(2, 2), nn.Linear(2, 3)),
        (2,),
    ),
    "layer listed twice": (_layer_listed_twice, (2,)),
    "shared weight": (_shared_weight, (2,)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_other_architectures_agree_with_the_naive_loop(name):
    build, shape = NETWORKS[name]
    torch.manual_seed(3)
    module = build().double().eval()
    _assert_same_as_naive(module, torch.randn(22, *shape, dtype=torch.float64), batch_size=8)


def test_hooks_are_gone_afterwards(make_problem):
    case = make_problem("cnn")
    _products(case.module, case.x, _directions(case.size))
    assert not any(part._forward_hooks for part in case.module.modules())


def test_cosines_do_not_depend_on_the_length_of_directions_and_reach_one(make_problem):
    case = make_problem("mlp_sigmoid")
    gradient = _naive_gradients(case.module, case.x[:1])
    found = _products(case.module, case.x[:1], torch.cat([1e-3 * gradient, -50 * gradient]))
    expected = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    torch.testing.assert_close(found.cosine, expected, rtol=0, atol=1e-12)


def test_gradient_of_exactly_zero_has_no_direction_and_norm_zero(make_problem):
    case = make_problem("softmax_regression")
    with torch.no_grad():
        case.module.weight.zero_()
        case.module.bias.copy_(torch.tensor([4000.0, 0.0, 0.0]))
    found = _products(case.module, case.x, _directions(case.size))
    assert bool((found.norm == 0).all())
    assert bool(found.cosine.isnan().all())


def test_gradients_below_the_minimum_norm_keep_their_norm_but_lose_their_direction(make_problem):
    case = make_problem("mlp_relu")
    directions = _directions(case.size)
    full = _products(case.module, case.x, directions)
    minimum = float(full.norm.median())
    cut = _products(case.module, case.x, directions, minimum_norm=minimum)
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
    found = _products(case.module, case.x, torch.eye(case.size, dtype=torch.float64))
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
