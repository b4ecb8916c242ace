"""The directions of the logits that a loss feels, of losses whose directions are known."""

import pytest
import torch
from torch import Tensor, nn

from hessian_boundary.curvature.low_rank import felt_logits as module
from hessian_boundary.curvature.low_rank.felt_logits import felt_logits
from hessian_boundary.losses.per_sample import Loss, WeightedCrossEntropy
from hessian_boundary.networks.problem import Problem

CLASSES, SAMPLES = 4, 135  # a ragged last batch


def _problem(loss: str | Loss) -> Problem:
    torch.manual_seed(0)
    x = torch.randn(SAMPLES, 3, dtype=torch.float64)
    return Problem.prepared(nn.Linear(3, CLASSES), x, torch.arange(SAMPLES) % CLASSES, loss)


def _pairwise(logits: Tensor, y: Tensor) -> Tensor:
    """Depends on f_0 − f_1 and on f_2 + f_3 only."""
    return nn.functional.softplus(logits[:, 0] - logits[:, 1]) + (logits[:, 2] + logits[:, 3]) ** 2


def _linear(logits: Tensor, y: Tensor) -> Tensor:
    return logits[:, 2]


ONES = torch.ones(1, CLASSES, dtype=torch.float64)
# loss -> the directions that it does not feel
UNFELT = {
    "cross_entropy": ("cross_entropy", ONES),
    "weights and smoothing": (WeightedCrossEntropy(0.1, (1.0, 3.0, 0.5, 2.0)), ONES),
    "squared_error": ("squared_error", ONES[:0]),
    "of differences": (_pairwise, torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, -1]]).double()),
    "of one logit": (_linear, torch.eye(CLASSES).double()[[0, 1, 3]]),
}


@pytest.mark.parametrize("batch", [SAMPLES, 8])
@pytest.mark.parametrize("name", UNFELT)
def test_the_directions_that_a_loss_feels(name, batch, monkeypatch):
    monkeypatch.setattr(module, "AT_A_TIME", batch * CLASSES**2)
    loss, unfelt = UNFELT[name]
    directions = felt_logits(_problem(loss))
    assert directions.shape == (CLASSES - len(unfelt), CLASSES)
    torch.testing.assert_close(directions @ directions.T, torch.eye(len(directions)).double())
    torch.testing.assert_close(directions @ unfelt.T, torch.zeros_like(directions @ unfelt.T))


def test_a_loss_that_feels_nothing_has_one_direction_all_the_same():
    assert felt_logits(_problem(lambda logits, y: 0 * logits.sum(1))).shape == (1, CLASSES)


def test_of_logits_that_are_not_finite_every_direction_is_taken():
    problem = _problem("cross_entropy")
    problem.x[-1, 0] = torch.nan
    assert torch.equal(felt_logits(problem), torch.eye(CLASSES).double())
