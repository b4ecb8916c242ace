"""First and second derivatives of losses by the logits: closed forms, whatever the loss is of."""

import pytest
import torch
from torch.nn import functional as F

from helpers.other_modules import squared_sines
from hessian_boundary.losses import derivatives
from hessian_boundary.losses.derivatives import logit_curvature, logit_slope
from hessian_boundary.losses.per_sample import cross_entropy_per_sample

LABELS = torch.arange(7) % 3


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(7, 3, dtype=torch.float64)


def test_of_the_cross_entropy(logits) -> None:
    q = logits.softmax(1)
    slope = logit_slope(cross_entropy_per_sample, LABELS)(logits)
    torch.testing.assert_close(slope, q - F.one_hot(LABELS), rtol=0, atol=1e-14)
    expected = torch.diag_embed(q) - q[:, :, None] * q[:, None]
    found = logit_curvature(cross_entropy_per_sample, logits, LABELS)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-14)


def test_of_a_loss_that_can_only_be_differentiated_backward(logits) -> None:
    distance = logits.sin() - F.one_hot(LABELS)
    slope = logit_slope(squared_sines, LABELS)(logits)
    torch.testing.assert_close(slope, 2 * distance * logits.cos(), rtol=0, atol=1e-14)
    curvature = torch.diag_embed(2 * logits.cos() ** 2 - 2 * distance * logits.sin())
    found = logit_curvature(squared_sines, logits, LABELS)
    torch.testing.assert_close(found, curvature, rtol=0, atol=1e-14)
    assert not slope.requires_grad
    assert not found.requires_grad


def test_too_little_memory_is_no_reason_to_go_backward(logits, monkeypatch) -> None:
    def out_of_memory(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(derivatives, "vmap", out_of_memory)
    with pytest.raises(MemoryError):
        logit_curvature(cross_entropy_per_sample, logits, LABELS)
