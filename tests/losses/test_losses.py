"""The cancellation-free cross-entropy: equal to PyTorch's, and to closed forms where that fails."""

import math

import pytest
import torch
from torch.nn import functional as F

from hessian_boundary.losses.per_sample import (
    PER_SAMPLE,
    TRAINING,
    cross_entropy_by_prediction,
    cross_entropy_per_sample,
    squared_error_per_sample,
)


def _gradient(loss, logits, labels):
    values = logits.clone().requires_grad_()
    return torch.autograd.grad(loss(values, labels).sum(), values)[0]


def _textbook(logits, labels):
    return F.cross_entropy(logits, labels, reduction="none")


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_value_gradient_and_hessian_equal_the_textbook_form(classes):
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(40, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (40,), generator=generator)
    options = {"rtol": 1e-12, "atol": 1e-14}
    torch.testing.assert_close(
        cross_entropy_per_sample(logits, labels), _textbook(logits, labels), **options
    )
    torch.testing.assert_close(
        _gradient(cross_entropy_per_sample, logits, labels),
        _gradient(_textbook, logits, labels),
        **options,
    )
    for one, label in zip(logits[:5], labels[:5], strict=True):
        curvatures = [
            torch.autograd.functional.hessian(
                lambda f, loss=loss, label=label: loss(f[None], label[None])[0], one
            )
            for loss in (cross_entropy_per_sample, _textbook)
        ]
        torch.testing.assert_close(*curvatures, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("margin", [-40.0, -200.0, -600.0])
def test_gradient_of_a_confident_sample_has_full_relative_precision(margin):
    # logits f = (0, margin, margin − 1, margin − 5), label 0. With w_c = exp(f_c) tiny:
    # ∂ℓ/∂f_c = w_c / (1 + Σw) for c ≠ 0, and minus their sum for the label
    logits = torch.tensor([[0.0, margin, margin - 1, margin - 5]], dtype=torch.float64)
    label = torch.tensor([0])
    weights = [math.exp(value) for value in logits[0, 1:].tolist()]
    total = math.fsum(weights)
    expected = torch.tensor([[-total, *weights]], dtype=torch.float64) / (1 + total)
    # the exponent's own rounding is |margin| · 2^-53 at most; 0, −1, −5 are exact
    torch.testing.assert_close(
        _gradient(cross_entropy_per_sample, logits, label), expected, rtol=1e-14, atol=0
    )
    textbook = float(_gradient(_textbook, logits, label)[0, 0])
    assert abs(textbook / float(expected[0, 0]) - 1) > 0.1  # 0 or a rounding unit of 1


@pytest.mark.parametrize("margin", [-40.0, -200.0, -600.0])
def test_curvature_of_a_confident_sample_has_full_relative_precision(margin):
    # two classes: ℓ = softplus(f_1 − f_0), ℓ'' = σ(1 − σ) = exp(m) / (1 + exp(m))²
    label = torch.tensor([0])
    found = torch.autograd.functional.hessian(
        lambda f: cross_entropy_per_sample(f[None], label)[0],
        torch.tensor([0.0, margin], dtype=torch.float64),
    )
    curvature = math.exp(margin) / (1 + math.exp(margin)) ** 2
    expected = curvature * torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=0)


def test_curvature_does_not_vanish_for_misclassified_samples():
    # softplus of PyTorch turns linear above 20 by default; here ℓ'' = σ(m)(1 − σ(m)) ≈ exp(−25)
    found = torch.autograd.functional.hessian(
        lambda f: cross_entropy_per_sample(f[None], torch.tensor([0]))[0],
        torch.tensor([0.0, 25.0], dtype=torch.float64),
    )
    expected = math.exp(-25) / (1 + math.exp(-25)) ** 2
    assert float(found[1, 1]) == pytest.approx(expected, rel=1e-4)  # 1 − σ has five digits left


@pytest.mark.parametrize("margin", [15.0, 25.0, 50.0, 650.0, 5000.0])
def test_badly_misclassified_samples_have_finite_right_values_and_gradients(margin):
    logits = torch.tensor([[0.0, margin, margin]], dtype=torch.float64)
    label = torch.tensor([0])
    value = float(cross_entropy_per_sample(logits, label)[0])
    assert value == pytest.approx(
        margin + math.log(2) + math.log1p(math.exp(-margin) / 2), rel=1e-14
    )
    first = -1 / (1 + math.exp(-margin) / 2)
    expected = torch.tensor([[first, -first / 2, -first / 2]], dtype=torch.float64)
    # log Σ exp is about the margin and so rounded by margin · 2^-53, which shows in the weights
    torch.testing.assert_close(
        _gradient(cross_entropy_per_sample, logits, label), expected, rtol=4e-16 * margin, atol=0
    )


@pytest.mark.parametrize("name", PER_SAMPLE)
def test_each_sample_has_its_own_value(name):
    loss = PER_SAMPLE[name]
    logits = torch.randn(7, 3, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0])
    singles = [loss(logits[i : i + 1], labels[i : i + 1])[0] for i in range(7)]
    torch.testing.assert_close(loss(logits, labels), torch.stack(singles))


@pytest.mark.parametrize("name", sorted({*TRAINING, *PER_SAMPLE}))
def test_training_loss_is_the_mean_of_the_loss_per_sample(name):
    logits = torch.randn(22, 3, dtype=torch.float64)
    labels = torch.arange(22) % 3
    per_sample = PER_SAMPLE[name](logits, labels)
    assert per_sample.shape == (22,)
    torch.testing.assert_close(TRAINING[name](logits, labels), per_sample.mean())


def test_squared_error_by_hand():
    # label 1 of three: ((0.5 − 0)² + (0.8 − 1)² + (−0.1 − 0)²) / 3 = (0.25 + 0.04 + 0.01) / 3
    logits = torch.tensor([[0.5, 0.8, -0.1]], dtype=torch.float64)
    assert float(squared_error_per_sample(logits, torch.tensor([1]))[0]) == pytest.approx(0.1)


@pytest.mark.parametrize("margin", [0.5, 15.0, 40.0, 300.0])
@pytest.mark.parametrize("label", [0, 1])
def test_curvature_has_its_digits_whatever_the_label(margin, label):
    """Of logits (0, m): s [[1, −1], [−1, 1]] with s = exp(−m) / (1 + exp(−m))²."""
    logits = torch.tensor([0.0, margin], dtype=torch.float64)
    found = torch.autograd.functional.hessian(
        lambda f: cross_entropy_by_prediction(f[None], torch.tensor([label]))[0], logits
    )
    size = math.exp(-margin) / (1 + math.exp(-margin)) ** 2
    expected = size * torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("classes", [2, 5])
def test_the_form_by_prediction_is_the_same_loss(classes):
    generator = torch.Generator().manual_seed(1)
    logits = 9 * torch.randn(50, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (50,), generator=generator)
    form, expected = cross_entropy_by_prediction, cross_entropy_per_sample
    torch.testing.assert_close(form(logits, labels), expected(logits, labels))
    found, slope = _gradient(form, logits, labels), _gradient(expected, logits, labels)
    torch.testing.assert_close(found, slope, rtol=1e-12, atol=1e-15)
    right = logits.argmax(1) == labels
    assert 0 < right.sum() < 50
    torch.testing.assert_close(found[right], slope[right], rtol=1e-13, atol=0)
