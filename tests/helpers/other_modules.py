"""Modules as people write them, and networks of 2 features and 3 logits around them."""

from collections.abc import Callable
from types import MethodType

import torch
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


def one_parameter_more() -> nn.Sequential:
    """Its first layer holds a parameter that it does not compute with."""
    layer = nn.Linear(FEATURES, HIDDEN)
    layer.scale = nn.Parameter(torch.ones(1))
    return sequence(layer)


class Standardised(nn.Linear):
    """A dense layer that standardises its weight."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight / self.weight.norm(dim=1, keepdim=True), self.bias)


class ComplexWeights(nn.Module):
    """Its weights are pairs of real parameters, after an odd number of others."""

    def __init__(self, by_hand: bool = False) -> None:
        super().__init__()
        self.by_hand = by_hand
        self.shift = nn.Parameter(torch.randn(CLASSES))
        self.pairs = nn.Parameter(torch.randn(FEATURES, CLASSES, 2))

    def forward(self, x: Tensor) -> Tensor:
        if self.by_hand:
            real, imaginary = x @ self.pairs[..., 0], x @ self.pairs[..., 1]
            return (real.square() + imaginary.square()).sqrt() + self.shift
        weight = torch.view_as_complex(self.pairs)
        return (x.to(weight) @ weight).abs() + self.shift


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


def squared_sines(logits: Tensor, labels: Tensor) -> Tensor:
    """Return Σ_c (sin f_c − 1[c = y])² of each sample: a loss with a derivative of one's own."""
    return Square.apply(logits.sin() - F.one_hot(labels, logits.shape[-1])).sum(-1)


class OneHot(nn.Module):
    """One of four letters at each position (n, t) -> (n, 4 t)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.one_hot(x, 4).double().flatten(1)


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
