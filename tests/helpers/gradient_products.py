"""Products of gradients with directions, beside those of one backward pass per sample."""

import copy

import torch

from helpers.naive import naive_gradients
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.losses.per_sample import cross_entropy_per_sample

DIRECTIONS = 5


def random_directions(size, seed=0):
    """Five directions (direction, parameter), not of unit length."""
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(DIRECTIONS, size, generator=generator, dtype=torch.float64)


def parameter_count(module):
    """The number of all parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def gradients_of_copy(module, x, labels=None):
    """One backward pass per sample, of a copy of the module of which every parameter counts."""
    return naive_gradients(copy.deepcopy(module).requires_grad_(), x, labels=labels)


def products(module, x, directions, **options):
    """The fast products under test, with the predicted labels unless others are given."""
    options = {"minimum_norm": 1e-300, **options}
    return gradient_products(module, x, directions, cross_entropy_per_sample, **options)


def assert_products_of(found, gradients, directions):
    """Norms and cosines are those of the gradients (sample, parameter)."""
    norms = torch.linalg.vector_norm(gradients, dim=1)
    lengths = torch.linalg.vector_norm(directions, dim=1)
    cosine = directions @ gradients.T / (lengths[:, None] * norms)
    torch.testing.assert_close(found.norm, norms, rtol=1e-9, atol=1e-13)
    # the textbook loss of the naive loop rounds ∂ℓ/∂f by 1e-16, which matters once it is small
    clear = norms > 1e-4
    assert int(clear.sum()) > len(norms) / 3
    torch.testing.assert_close(found.cosine[:, clear], cosine[:, clear], rtol=0, atol=1e-11)


def assert_same_as_naive(module, x, **options):
    """Compare with the naive loop, and see that neither module nor data was changed."""
    before, data = copy.deepcopy(module.state_dict()), x.clone()
    kept = list(module.parameters())
    directions = random_directions(parameter_count(module))
    gradients = gradients_of_copy(module, x, options.get("labels"))
    found = products(module, x, directions, **options)
    assert_products_of(found, gradients, directions)
    torch.testing.assert_close(found.logits, module(x).detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(module.state_dict(), before, rtol=0, atol=0)
    assert all(a is b for a, b in zip(module.parameters(), kept, strict=True))
    assert torch.equal(x, data)
