"""Losses that see other samples, and inputs that are no numbers: refused for any matrix."""

import pytest
import torch
from torch.nn import functional as F

from helpers.other_modules import FEATURES, sequence
from hessian_boundary import analyse
from hessian_boundary.certificates.certificate import CertificateError


def data() -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(5)
    return torch.randn(23, FEATURES, generator=draw), torch.arange(23) % 3


def _of_its_batch(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    weights = torch.tensor([1.0, 2.0, 3.0]).to(logits)[labels]
    return F.cross_entropy(logits, labels, reduction="none") * weights / weights.mean()


def _hardest(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    losses = F.cross_entropy(logits, labels, reduction="none")
    return losses * (losses >= losses.median())


@pytest.mark.parametrize("loss", [_of_its_batch, _hardest])
@pytest.mark.parametrize("matrix", ["hessian", "covariance"])
def test_losses_that_see_the_batch_are_refused(loss, matrix: str) -> None:
    with pytest.raises(CertificateError, match="losses alone and together failed"):
        analyse(sequence(), *data(), loss=loss, matrix=matrix)


@pytest.mark.parametrize("matrix", ["hessian", "covariance", "gauss_newton"])
def test_inputs_that_are_no_numbers_are_named(matrix: str) -> None:
    x, y = data()
    x[3, 1] = torch.nan
    with pytest.raises(CertificateError, match="at sample 3; x has NaN or infinity in it: leave"):
        analyse(sequence(), x, y, matrix=matrix)
