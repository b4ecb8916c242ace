"""Networks as people bring them: 2 features, 3 logits, about 50 parameters each."""

from collections.abc import Callable

import torch
import torch.nn.utils.prune
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.other_modules import (
    FEATURES,
    HIDDEN,
    Attentive,
    Own,
    Recurrent,
    ScaledInput,
    SelfAttention,
    Square,
    Standardised,
    Tripled,
    frozen,
    hooked,
    nested_hooked,
    normalised,
    one_parameter_more,
    reentrant,
    sequence,
)


def _gated(net: Own, x: Tensor) -> Tensor:
    h = torch.tanh(net.first(x))
    if torch.isnan(h).any():  # a branch on values that every sample takes alike
        h = torch.zeros_like(h)
    return net.last(h)


def _bias_before_weight() -> nn.Linear:
    layer = nn.utils.prune.random_unstructured(nn.Linear(FEATURES, HIDDEN), "weight", 0.3)
    return nn.utils.prune.remove(layer, "weight")


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
    "pruned for good": lambda: sequence(_bias_before_weight()),
    "one parameter more": one_parameter_more,
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
