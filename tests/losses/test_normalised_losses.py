"""Networks that end in a softmax: the same function as without it, to the shortest gradient."""

import pytest
import torch
from torch import Tensor, nn

from hessian_boundary import analyse
from hessian_boundary.losses.normalised import of_normalised

DRAW = torch.Generator().manual_seed(0)
X = torch.randn(31, 2, generator=DRAW, dtype=torch.float64)
Y = (X[:, 0] > 0).long() + (X[:, 1] > 0.5).long()
WEIGHTS = torch.tensor([1.0, 2.5, 1 / 3], dtype=torch.float64)


def confident(*last: nn.Module) -> nn.Module:
    """A network whose samples are mostly sure: gradients of 1e-20 and less."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    optimiser = torch.optim.Adam(network.parameters(), 0.05)
    for _ in range(300):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(X), Y).backward()
        optimiser.step()
    with torch.no_grad():
        network[2].weight *= 8
        network[2].bias *= 8
    return nn.Sequential(*network, *last)


def by_hand(f: Tensor, y: Tensor) -> Tensor:
    return -f.gather(1, y[:, None])[:, 0]


LIKELIHOODS = {
    "module": (nn.NLLLoss(reduction="none"), "cross_entropy"),
    "by hand": (by_hand, "cross_entropy"),
    "weights": (
        nn.NLLLoss(weight=WEIGHTS, reduction="none"),
        nn.CrossEntropyLoss(weight=WEIGHTS, reduction="none"),
    ),
}


@pytest.mark.parametrize(("given", "plain"), LIKELIHOODS.values(), ids=LIKELIHOODS)
def test_log_probabilities_are_as_exact_as_logits(given, plain) -> None:
    found = analyse(confident(nn.LogSoftmax(1)), X, Y, loss=given)
    expected = analyse(confident(), X, Y, loss=plain)
    assert float(expected.alignment["gradient_norm"].min()) < 1e-20
    for name in ("random_alignment", "resolved_share"):
        a, b = (each.alignment[name].values for each in (found, expected))
        torch.testing.assert_close(torch.from_numpy(a), torch.from_numpy(b), rtol=0, atol=1e-9)
    sizes = found.alignment["gradient_norm"] / expected.alignment["gradient_norm"]
    assert float(abs(sizes - 1).max()) < 1e-9
    assert found.measures["g_theta_max"] == expected.measures["g_theta_max"]


def test_logits_that_are_not_normalised_keep_their_loss() -> None:
    logits = torch.randn(4, 3, generator=DRAW, dtype=torch.float64)
    assert of_normalised(by_hand, logits) is by_hand
    log_probabilities = logits.log_softmax(1)
    squares = lambda f, y: (f - 1).square().sum(1)  # noqa: E731
    assert of_normalised(squares, log_probabilities) is squares
    cut = lambda f, y: by_hand(f, y).clamp(max=15)  # noqa: E731
    assert of_normalised(cut, log_probabilities) is cut  # the same below 15 only
    many = torch.zeros(2, 301).double().log_softmax(1)
    assert of_normalised(by_hand, many) is by_hand  # not looked at, as in `recognised`

    def of_its_own(f: Tensor, y: Tensor) -> Tensor:
        if len(f) > 4:
            raise RuntimeError("four samples at most")
        return by_hand(f, y)

    assert of_normalised(of_its_own, log_probabilities) is of_its_own


@pytest.mark.parametrize("constant", [0.0, 1e-12])
def test_probabilities_are_refused(constant: float) -> None:
    def likelihood(p: Tensor, y: Tensor) -> Tensor:
        return -torch.log(p.gather(1, y[:, None])[:, 0] + constant)

    with pytest.raises(ValueError, match=r"found a softmax at its end.*leave the softmax out"):
        analyse(confident(nn.Softmax(1)), X, Y, loss=likelihood)
    # other losses of probabilities are what they are
    brier = lambda p, y: (p - nn.functional.one_hot(y, 3)).square().sum(1)  # noqa: E731
    doubtful = nn.Sequential(nn.Linear(2, 3), nn.Softmax(1))
    assert analyse(doubtful, X, Y, loss=brier).spectrum.sizes["eigen"]
