"""Networks as people bring them: 2 features, 3 logits, about 50 parameters each."""

from collections.abc import Callable
from types import MethodType

import torch
import torch.nn.utils.prune
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

FEATURES, CLASSES, HIDDEN = 2, 3, 5


class Own(nn.Module):
    """Two dense layers, and a forward pass that a function writes."""

    def __init__(self, forward: Callable[["Own", Tensor], Tensor], hidden: int = HIDDEN) -> None:
        super().__init__()
        self.first = nn.Linear(FEATURES, hidden)
        self.last = nn.Linear(hidden, CLASSES)
        self.own = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.own(self, x)


def sequence(first: nn.Module | None = None, activation: nn.Module | None = None) -> nn.Sequential:
    first = first or nn.Linear(FEATURES, HIDDEN)
    return nn.Sequential(first, activation or nn.ReLU(), nn.Linear(HIDDEN, CLASSES))


def hooked(part: int, kind: str, hook: Callable) -> nn.Sequential:
    network = sequence()
    getattr(network[part], f"register_{kind}_hook")(hook)
    return network


def nested_hooked() -> nn.Sequential:
    network = nn.Sequential(nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.Tanh()))
    network[0].register_forward_hook(lambda *parts: parts[2].square())
    return network.append(nn.Linear(HIDDEN, CLASSES))


class Tripled(nn.Linear):
    """Its instances get another forward pass than their class has."""

    def __init__(self) -> None:
        super().__init__(FEATURES, HIDDEN)
        self.forward = MethodType(lambda self, x: F.linear(x, 3 * self.weight), self)


def closed_over(kind: str) -> nn.Sequential:
    """Its layer computes with a weight that it reaches from outside, not as its own."""
    network = sequence()
    weight = network[0].weight
    if kind == "hook":
        network[0].register_forward_hook(lambda _, x, out: out + x[0] @ weight.T)
    else:
        network[0].forward = lambda x: F.linear(x, 3 * weight)
    return network


def frozen(*parts: str) -> nn.Sequential:
    network = sequence()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in parts)
    return network


class Standardised(nn.Linear):
    """A dense layer that standardises its weight."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight / self.weight.norm(dim=1, keepdim=True), self.bias)


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.Module]) -> None:
        super().__init__()
        self.recurrent, self.last = kind(1, 3, batch_first=True), nn.Linear(3, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.recurrent(x[:, :, None])[0][:, -1])


class Attentive(nn.Module):
    def __init__(self, part: Callable[[Tensor], Tensor] | nn.Module) -> None:
        super().__init__()
        self.embed, self.part, self.last = nn.Linear(1, 4), part, nn.Linear(4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.part(self.embed(x[:, :, None])).mean(1))


class SelfAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, h: Tensor) -> Tensor:
        return self.attention(h, h, h, need_weights=False)[0]


class Square(torch.autograd.Function):
    """x², without the set-up that vectorisation needs."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(context, gradient):
        return 2 * context.saved_tensors[0] * gradient


class ScaledInput(nn.Module):
    """Parameters without dimensions, and one of three."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.3))
        self.cube = nn.Parameter(torch.randn(2, 1, 3))
        self.last = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * self.last(x) * (1 + self.cube.sum((0, 1)))


def normalised() -> nn.Sequential:
    """With running statistics that are not those of the start."""
    network = sequence(nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.BatchNorm1d(HIDDEN)))
    network(2 + torch.randn(40, FEATURES))
    return network


def reentrant(use: bool) -> Own:
    return Own(
        lambda net, x: net.last(
            checkpoint(lambda z: torch.tanh(net.first(z)), x, use_reentrant=use)
        )
    )


def _gated(net: Own, x: Tensor) -> Tensor:
    h = torch.tanh(net.first(x))
    if torch.isnan(h).any():  # a branch on values that every sample takes alike
        h = torch.zeros_like(h)
    return net.last(h)


def _untracked(net: Own, x: Tensor) -> Tensor:
    with torch.no_grad():
        h = torch.tanh(net.first(x))
    return net.last(h)


RIGHT: dict[str, Callable[[], nn.Module]] = {
    "hook on a layer": lambda: hooked(0, "forward", lambda *parts: parts[2] - 0.3),
    "hook before a layer": lambda: hooked(2, "forward_pre", lambda _, x: (x[0] * 1.5,)),
    "hook on an activation": lambda: hooked(1, "forward", lambda *parts: parts[2] ** 2),
    "hook on a container": nested_hooked,
    "forward pass replaced": lambda: sequence(Tripled()),
    "pruned at random": lambda: sequence(
        nn.utils.prune.random_unstructured(nn.Linear(FEATURES, HIDDEN), "weight", 0.3)
    ),
    "pruned bias": lambda: sequence(
        nn.utils.prune.l1_unstructured(nn.Linear(FEATURES, HIDDEN), "bias", 2)
    ),
    "spectral norm by a hook": lambda: sequence(
        nn.utils.spectral_norm(nn.Linear(FEATURES, HIDDEN))
    ),
    "orthogonal": lambda: sequence(
        nn.utils.parametrizations.orthogonal(nn.Linear(FEATURES, HIDDEN))
    ),
    "subclass of a layer": lambda: sequence(Standardised(FEATURES, HIDDEN)),
    "frozen bias": lambda: frozen("0.bias"),
    "frozen last layer": lambda: frozen("2.weight", "2.bias"),
    "untracked first layer": lambda: Own(_untracked),
    "detached": lambda: Own(lambda net, x: net.last((h := net.first(x)) * h.detach().sigmoid())),
    "branch on values": lambda: Own(_gated),
    "lstm": lambda: Recurrent(nn.LSTM),
    "gru": lambda: Recurrent(nn.GRU),
    "attention": lambda: Attentive(SelfAttention()),
    "transformer": lambda: Attentive(nn.TransformerEncoderLayer(4, 1, 4, batch_first=True)),
    "scaled dot product": lambda: Attentive(lambda h: F.scaled_dot_product_attention(h, 2 * h, h)),
    "own derivative": lambda: Own(lambda net, x: net.last(Square.apply(net.first(x)))),
    "checkpointed": lambda: reentrant(False),
    "parameters of any shape": ScaledInput,
    "randomised activation": lambda: sequence(activation=nn.RReLU()),
    "batch normalisation": normalised,
    "dropout": lambda: sequence(activation=nn.Sequential(nn.Tanh(), nn.Dropout(0.4))),
    "layer normalisation": lambda: sequence(activation=nn.LayerNorm(HIDDEN)),
    "parallel": lambda: nn.DataParallel(sequence(activation=nn.GELU())),
    "in-place activation": lambda: sequence(activation=nn.ReLU(inplace=True)),
    "unused layer": lambda: Own(lambda net, x: net.first(x)[:, :3]),
}


class Counting(Own):
    """Gives something else at each call."""

    calls = 0

    def __init__(self) -> None:
        super().__init__(lambda net, x: net.last(net.first(x)))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(x) / self.calls


# network, and what the refusal says
REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "dropout that is always on": (
        lambda: Own(lambda net, x: F.dropout(net.last(net.first(x)), 0.2)), "f.x. taken twice"
    ),
    "noise": (
        lambda: Own(lambda net, x: net.last(net.first(x)) + 0.01 * torch.rand(len(x), 1)),
        "f.x. taken twice",
    ),
    "counter": (Counting, "f.x. taken twice"),
    "centred over the batch": (
        lambda: Own(lambda net, x: net.last(net.first(x) - net.first(x).mean(0))),
        "samples alone and together",
    ),
    "sorted over the batch": (
        lambda: Own(lambda net, x: net.last(net.first(x).sort(0)[0])),
        "samples alone and together",
    ),
    "scaled by the batch": (
        lambda: Own(lambda net, x: net.last(net.first(x)) / x.abs().max()),
        "samples alone and together",
    ),
    "batch statistics": (
        lambda: sequence(activation=nn.BatchNorm1d(HIDDEN, track_running_stats=False)),
        "expected the network to evaluate one sample",
    ),
    "squeezed": (
        lambda: Own(lambda net, x: net.last(net.first(x)).squeeze(0)),
        "keep the dimension of samples",
    ),
    "root of an activation": (
        lambda: Own(lambda net, x: net.last(F.relu(net.first(x)).sqrt())),
        "finite second derivatives",
    ),
    "norm at zero": (
        lambda: Own(
            lambda net, x: net.last(net.first(x) + (0 * net.first(x)).norm(dim=1, keepdim=True))
        ),
        "finite second derivatives",
    ),
    "distances": (
        lambda: Own(
            lambda net, x: net.last(net.first(x) * torch.cdist(net.first(x), net.last.weight[:1]))
        ),
        "can be differentiated twice",
    ),
    "overflow": (
        lambda: Own(lambda net, x: net.last(1e200 * net.first(x)) * 1e200), "finite logits"
    ),
}  # fmt: skip
