"""A loss by another name is the one here that it equals, and keeps confident samples' digits."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hessian_boundary import analyse
from hessian_boundary.losses.per_sample import (
    Loss,
    WeightedCrossEntropy,
    WeightedSquaredError,
    cross_entropy_per_sample,
    squared_error_per_sample,
)
from hessian_boundary.losses.recognised import recognised

WEIGHTS = torch.tensor([1.0, 2.0, 0.25])


def weighted(logits: Tensor, labels: Tensor) -> Tensor:
    return WEIGHTS.to(logits)[labels] * F.cross_entropy(logits, labels, reduction="none")


def by_hand(logits: Tensor, labels: Tensor) -> Tensor:
    return -logits.log_softmax(1)[torch.arange(len(labels)), labels]


def squares(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits - F.one_hot(labels, 3)).square().sum(1)


CROSS_ENTROPIES: dict[str, Loss] = {
    "module": nn.CrossEntropyLoss(reduction="none"),
    "partial": partial(F.cross_entropy, reduction="none"),
    "lambda": lambda f, y: F.cross_entropy(f, y, reduction="none"),
    "log-softmax": by_hand,
}


@pytest.mark.parametrize("loss", CROSS_ENTROPIES.values(), ids=CROSS_ENTROPIES)
def test_the_cross_entropy_by_any_name(loss: Loss) -> None:
    assert recognised(loss, 3) is cross_entropy_per_sample


@pytest.mark.parametrize(
    "loss", [weighted, nn.CrossEntropyLoss(weight=WEIGHTS, reduction="none")], ids=["own", "module"]
)
def test_weights_of_classes_are_found(loss: Loss) -> None:
    found = recognised(loss, 3)
    assert isinstance(found, WeightedCrossEntropy)
    assert found.class_weights == pytest.approx(WEIGHTS.tolist(), rel=1e-9)
    assert found.label_smoothing == 0


def test_a_label_that_is_ignored_has_the_weight_zero() -> None:
    found = recognised(nn.CrossEntropyLoss(ignore_index=1, reduction="none"), 3)
    assert found == WeightedCrossEntropy(0.0, (1.0, 0.0, 1.0))


def test_the_squared_error_and_a_multiple_of_it() -> None:
    assert recognised(lambda f, y: squares(f, y) / 3, 3) is squared_error_per_sample
    found = recognised(squares, 3)
    assert isinstance(found, WeightedSquaredError)
    assert found.class_weights == pytest.approx([3, 3, 3], rel=1e-9)


def focal(logits: Tensor, labels: Tensor) -> Tensor:
    loss = F.cross_entropy(logits, labels, reduction="none")
    return (1 - (-loss).exp()) * loss


def cut(logits: Tensor, labels: Tensor) -> Tensor:
    return -(logits.softmax(1) + 1e-12)[torch.arange(len(labels)), labels].log()


def of_the_batch(logits: Tensor, labels: Tensor) -> Tensor:
    each = WEIGHTS.to(logits)[labels]
    return F.cross_entropy(logits, labels, reduction="none") * each / each.mean()


class Focal(nn.CrossEntropyLoss):
    """A loss of its own, though by its class it is PyTorch's."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return focal(input, target)


OTHERS: dict[str, Loss] = {
    "focal": focal,
    "a class of its own": Focal(reduction="none"),
    "shifted": cut,
    "of the batch": of_the_batch,
    "a mean": F.cross_entropy,
    "hinge": nn.MultiMarginLoss(reduction="none"),
    "only for two classes": lambda f, y: F.softplus(f[:, 0] - f[:, 1] - y[:2]),
}


@pytest.mark.parametrize("loss", OTHERS.values(), ids=OTHERS)
def test_other_losses_stay_what_they_are(loss: Loss) -> None:
    assert recognised(loss, 3) is loss


def confident() -> tuple[nn.Module, Tensor, Tensor]:
    """Two classes by a weight per logit: gradients are (±x, ∓x) times a number down to 1e-40."""
    network = nn.Linear(2, 2, bias=False).double()
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[20.0, 0.0], [-20.0, 0.0]]))
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(30, 2, generator=draw, dtype=torch.float64)
    return network, x, (x[:, 0] < 0.1).long()


def test_gradients_of_confident_samples_have_their_direction_whoever_wrote_the_loss() -> None:
    network, x, y = confident()
    result = analyse(network, x, y, loss=CROSS_ENTROPIES["lambda"])
    vectors = torch.from_numpy(result.spectrum["eigenvectors"].values)
    directions = torch.cat([x, -x], 1) / (2**0.5 * x.norm(dim=1, keepdim=True))
    found = torch.from_numpy(result.alignment["alignment"].values)
    torch.testing.assert_close(found.abs(), (vectors @ directions.T).abs(), rtol=0, atol=1e-9)


def plain(logits: Tensor, labels: Tensor) -> Tensor:
    """Of the gap, in a form that keeps its digits and that no loss here equals."""
    gap = logits.gather(1, 1 - labels[:, None]) - logits.gather(1, labels[:, None])
    return (F.softplus(gap, threshold=700) + F.softplus(gap, threshold=700).square())[:, 0]


def steep(logits: Tensor, labels: Tensor) -> Tensor:
    """Focal loss with the power 4: its slope falls five times as fast, and has its digits long."""
    loss = F.cross_entropy(logits, labels, reduction="none")
    return (-torch.expm1(-loss)) ** 4 * loss


@pytest.mark.parametrize(
    ("loss", "digits"),
    [(focal, False), (plain, True), (steep, False)],
    ids=["focal", "own", "steep"],
)
def test_a_slope_that_is_round_off_gives_no_direction(loss: Loss, digits: bool) -> None:
    network, x, y = confident()
    result = analyse(network, x, y, loss=loss)
    vectors = torch.from_numpy(result.spectrum["eigenvectors"].values)
    directions = torch.cat([x, -x], 1) / (2**0.5 * x.norm(dim=1, keepdim=True))
    found = torch.from_numpy(result.alignment["alignment"].values)
    known = ~torch.isnan(found).any(0)
    expected = (vectors @ directions.T).abs()
    torch.testing.assert_close(found[:, known].abs(), expected[:, known], rtol=0, atol=1e-6)
    gaps = 40 * x[:, 0].abs()
    assert known[gaps < 15].all()
    assert known[gaps > 35].all() == digits


def of_one_output(f: Tensor, y: Tensor) -> Tensor:
    """The binary cross-entropy times itself, by the probability that a sigmoid gives."""
    right = torch.where(y == 1, f.sigmoid()[:, 0], 1 - f.sigmoid()[:, 0])
    return right.log().square() - right.log()


def test_round_off_is_seen_in_losses_of_one_output() -> None:
    network = nn.Linear(1, 1, bias=False).double()
    with torch.no_grad():
        network.weight.fill_(1.0)
    x = torch.tensor([[-33.0], [-5.0], [4.0], [34.0]], dtype=torch.float64)
    found = analyse(network, x, (x[:, 0] > 0).long(), loss=of_one_output).alignment["alignment"]
    # the slope is made of σ (1 − σ): of 1 − σ(34) few digits are left, of σ(−33) all are
    assert found.isnull().all("eigen").values.tolist() == [False, False, False, True]
