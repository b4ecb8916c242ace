"""Parameters that eval mode, or a copy, cuts off the logits are not left out in silence."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.naive import naive_hessian
from helpers.own_networks import register
from hessian_boundary import analyse
from hessian_boundary.networks.building import build_to_train

X = torch.randn(17, 2, generator=torch.Generator().manual_seed(0))
Y = torch.arange(17) % 3


class Base(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(2, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.tanh(self.first(x)))


class KeptView(Base):
    """Computes with a view that was made once."""

    def __init__(self) -> None:
        super().__init__()
        self.turned = self.last.weight.t()

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.first(x)) @ self.turned + self.last.bias


class Merged(Base):
    """Adds a factor of low rank to a frozen weight: once, when it is put into eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.first.weight.requires_grad_(False)
        self.left, self.right = nn.Parameter(torch.randn(4, 1)), nn.Parameter(torch.randn(1, 2))
        self.merged = False

    def train(self, mode: bool = True) -> "Merged":
        if self.merged == mode:
            sign = -1 if mode else 1
            self.first.weight.data += sign * self.left.data @ self.right.data
            self.merged = not mode
        return super().train(mode)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x)
        return self.last(hidden if self.merged else hidden + x @ self.right.T @ self.left.T)


class Cached(Base):
    """Keeps its normalised weight in eval mode."""

    kept: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        weight = self.first.weight / self.first.weight.norm()
        if not self.training:
            self.kept = weight if self.kept is None else self.kept
            weight = self.kept
        return self.last(torch.tanh(F.linear(x, weight, self.first.bias)))


class Frozen(Base):
    def forward(self, x: Tensor) -> Tensor:
        with torch.set_grad_enabled(self.training):
            hidden = torch.tanh(self.first(x))
        return self.last(hidden)


REFUSED: dict[str, tuple[type[nn.Module], str]] = {
    "a view": (KeptView, r"a tensor of shape \(4, 3\) that is none .* compute .* in `forward`"),
    "merged": (Merged, "depend on left, right in training alone"),
    "cached": (Cached, "depend on first.weight in training alone"),
    "no gradients": (Frozen, "depend on first.weight, first.bias in training alone"),
}


@pytest.mark.parametrize(("kind", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("mode", [True, False], ids=["training", "eval"])
def test_what_is_cut_off_is_named(kind: type[nn.Module], message: str, mode: bool) -> None:
    network = kind().train(mode)
    before = [parameter.clone() for parameter in network.parameters()]
    with pytest.raises(ValueError, match=message):
        analyse(network, X, Y)
    assert all(map(torch.equal, before, network.parameters()))


def test_a_view_that_was_made_once_is_refused_before_the_training(monkeypatch) -> None:
    register(monkeypatch, lambda shape, classes: KeptView())
    with pytest.raises(ValueError, match=r"architecture 'mine': .* compute .* in `forward`"):
        build_to_train({"name": "mine"}, (2,), 3, 0, X)


class TwoHeads(Base):
    """Returns a second output in training, as networks with auxiliary heads do."""

    def __init__(self) -> None:
        super().__init__()
        self.further = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        hidden = torch.tanh(self.first(x))
        return (self.last(hidden), self.further(hidden)) if self.training else self.last(hidden)


class KeptOutputs(Base):
    """Keeps what it computed last, as people do to look at it."""

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.tanh(self.first(x))
        self.outputs = {"hidden": [hidden], "all": (hidden, x)}
        return self.last(hidden)


class RunningMean(Base):
    """Updates a buffer without cutting its graph."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.tanh(self.first(x))
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * hidden.mean(0)
        return self.last(hidden - self.mean)


@pytest.mark.parametrize("kind", [TwoHeads, KeptOutputs, RunningMean])
def test_what_is_there_is_taken_with_what_earlier_passes_left(kind: type[nn.Module]) -> None:
    network = kind()
    network(X)
    found = analyse(network, X, Y, method="dense").spectrum["eigenvalues"].values
    same = kind.__new__(kind)
    same.__dict__ = network.__dict__
    double = same.double().eval()
    if isinstance(network, RunningMean):
        network.mean = network.mean.detach().double()
    expected = torch.linalg.eigvalsh(naive_hessian(double, X.double(), Y)).flip(0)
    torch.testing.assert_close(torch.from_numpy(found[:5].copy()), expected[:5])


class Experts(Base):
    """Sends each sample to one of four experts, behind dropout in training."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(2, 4)
        self.experts = nn.ModuleList(nn.Linear(2, 3) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        weights = self.router(F.dropout(x, 0.5, self.training)).softmax(1)
        chosen = weights.argmax(1)
        rows = zip(x, chosen, weights, strict=True)
        return torch.stack([self.experts[int(k)](row) * weight[k] for row, k, weight in rows])


def test_experts_that_are_chosen_by_chance_in_training_are_not_lost() -> None:
    for seed in range(10):
        torch.manual_seed(seed)
        assert analyse(Experts(), X, Y, method="lanczos", top=1).spectrum.sizes["eigen"] == 1


class Energy(Base):
    """Logits that are derivatives by the input."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            energy = self.last(torch.tanh(self.first(x))).square().sum()
            return torch.autograd.grad(energy, x, create_graph=True)[0]


def test_a_network_may_differentiate_by_its_input() -> None:
    torch.manual_seed(0)
    network, labels = Energy().double(), Y % 2
    expected = torch.linalg.eigvalsh(naive_hessian(network, X.double(), labels)).flip(0)
    result = analyse(network, X.double(), labels)
    found = torch.from_numpy(result.spectrum["eigenvalues"].values[:5].copy())
    torch.testing.assert_close(found, expected[:5])
    assert result.alignment["alignment"].notnull().all()
