"""Accuracy in batches is accuracy; a look at a network leaves it as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from hessian_boundary.networks.evaluation import accuracy, eval_logits, evaluating


class Watched(nn.Module):
    """Gives the input as logits, and notes how many samples come at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sizes.append(len(x))
        return x.reshape(len(x), -1)[:, :3]


@pytest.mark.parametrize(
    ("shape", "samples", "largest"),
    [
        ((3,), 5000, 1024),
        ((1, 28, 28), 2500, 1024),
        ((3, 224, 224), 60, 27),
        ((3, 2400, 2400), 2, 1),
    ],
)
def test_large_sets_are_taken_in_batches_of_bounded_size(
    shape: tuple[int, ...], samples: int, largest: int
) -> None:
    x, y = torch.zeros(()).expand(samples, *shape), torch.randint(3, (samples,))
    module = Watched()
    found = accuracy(module, x, y)
    assert found == int((y == 0).sum()) / samples  # equal logits: the first wins
    assert max(module.sizes) == largest
    assert sum(module.sizes) == samples


@pytest.mark.parametrize("samples", [1, 1023, 1024, 1025, 3000])
def test_it_is_the_share_of_largest_logits(samples: int) -> None:
    x, y = torch.randn(samples, 3), torch.randint(3, (samples,))
    expected = np.mean([max(range(3), key=row.__getitem__) == label
                        for row, label in zip(x.tolist(), y.tolist(), strict=True)])  # fmt: skip
    assert accuracy(Watched(), x, y) == expected


def test_modes_and_statistics_are_put_back_after_an_error_too() -> None:
    module = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(), nn.BatchNorm1d(2).eval())
    before = [buffer.clone() for buffer in module.buffers()]
    eval_logits(module, torch.randn(4, 2))
    with evaluating(module):
        assert not any(part.training for part in module.modules())
    with pytest.raises(RuntimeError), evaluating(module):
        module(torch.randn(4, 3))
    assert [part.training for part in module] == [True, True, False]
    assert all(torch.equal(a, b) for a, b in zip(before, module.buffers(), strict=True))
