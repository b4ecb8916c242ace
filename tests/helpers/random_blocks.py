"""What random networks are put together from: layers, parts that keep the width, wrappers."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, parametrize, prune

from helpers.other_modules import Square


class Own(nn.Module):
    """Parts of its own by name, and a forward pass that a function writes."""

    def __init__(self, forward: Callable[["Own", Tensor], Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.parts, self.own = nn.ModuleDict(parts), forward

    def forward(self, x: Tensor) -> Tensor:
        return self.own(self, x)


class Parameters(Own):
    """A forward pass with parameters of any shape and buffers."""

    def __init__(self, forward: Callable, buffers: dict[str, Tensor], *shapes: tuple) -> None:
        super().__init__(forward)
        self.own_parameters = nn.ParameterList([0.7 + torch.rand(shape) for shape in shapes])
        for name, value in buffers.items():
            self.register_buffer(name, value, persistent=name != "mask")


def recurrent(kind: type[nn.RNNBase], width: int, out: int, **options) -> nn.Module:
    return Own(
        lambda net, x: net.parts["cell"](x[:, :, None])[0][:, -1],
        cell=kind(1, out, batch_first=True, **options),
    )


def attention(width: int, out: int, part: nn.Module) -> nn.Module:
    """Features as a sequence of numbers, each embedded in two dimensions."""

    def forward(net: Own, x: Tensor) -> Tensor:
        h = net.parts["embed"](x[:, :, None])
        part = net.parts["part"]
        own = isinstance(part, nn.MultiheadAttention)
        h = part(h, h, h, need_weights=False)[0] if own else part(h)
        return net.parts["out"](h.mean(1))

    return Own(forward, embed=nn.Linear(1, 2), part=part, out=nn.Linear(2, out))


def tied(width: int, out: int) -> nn.Module:
    """There and back by one weight, then on by the same."""

    def forward(net: Own, x: Tensor) -> Tensor:
        layer = net.parts["layer"]
        return layer(torch.tanh(F.linear(layer(x), layer.weight.T)))

    return Own(forward, layer=nn.Linear(width, out))


def twice(width: int, out: int) -> nn.Module:
    shared = nn.Linear(width, width)
    return nn.Sequential(shared, nn.Tanh(), shared, nn.Linear(width, out))


def along_features(width: int, out: int) -> nn.Module:
    """A convolution over the features."""
    return nn.Sequential(nn.Unflatten(1, (1, width)), nn.Conv1d(1, out, width), nn.Flatten())


def bilinear(width: int, out: int) -> nn.Module:
    return Own(lambda net, x: net.parts["b"](x, torch.tanh(x)), b=nn.Bilinear(width, width, out))


# parts that change the width: (width, new width) -> module
LAYERS: dict[str, Callable[[int, int], nn.Module]] = {
    "dense": nn.Linear,
    "dense without bias": lambda width, out: nn.Linear(width, out, bias=False),
    "dense twice": lambda width, out: nn.Sequential(nn.Linear(width, out), nn.Linear(out, out)),
    "convolution of features": along_features,
    "bilinear": bilinear,
    "shared": twice,
    "tied": tied,
    "lstm": lambda width, out: recurrent(nn.LSTM, width, out),
    "gru": lambda width, out: recurrent(nn.GRU, width, out),
    "rnn": lambda width, out: recurrent(nn.RNN, width, out, nonlinearity="relu"),
    "attention": lambda width, out: attention(
        width, out, nn.MultiheadAttention(2, 1, batch_first=True)
    ),
    "transformer": lambda width, out: attention(
        width, out, nn.TransformerEncoderLayer(2, 1, 3, batch_first=True)
    ),
    "spectral norm": lambda width, out: parametrizations.spectral_norm(nn.Linear(width, out)),
    "spectral norm by a hook": lambda width, out: nn.utils.spectral_norm(nn.Linear(width, out)),
    "orthogonal": lambda width, out: parametrizations.orthogonal(nn.Linear(width, out)),
    "weight norm": lambda width, out: parametrizations.weight_norm(nn.Linear(width, out)),
    "weight norm by a hook": lambda width, out: nn.utils.weight_norm(nn.Linear(width, out)),
    "squared weights": lambda width, out: squared(nn.Linear(width, out)),
    "pruned": lambda width, out: prune.l1_unstructured(nn.Linear(width, out), "weight", 1),
}


class _Squared(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight.square()


def squared(layer: nn.Linear) -> nn.Linear:
    parametrize.register_parametrization(layer, "weight", _Squared())
    return layer


def shifted(norm: nn.Module, *shape: int) -> nn.Module:
    """Running statistics that are not those of the start."""
    norm(2 + 3 * torch.randn(10, *shape))
    return norm


# parts that keep the width: width -> module
KEEPING: dict[str, Callable[[int], nn.Module]] = {
    **{
        kind.__name__: lambda width, kind=kind: kind()
        for kind in (
            *(nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.Mish, nn.ELU, nn.CELU, nn.SELU),
            *(nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ReLU6, nn.Hardswish, nn.Hardsigmoid),
            *(nn.Hardtanh, nn.Softplus, nn.Softsign, nn.LogSigmoid, nn.Tanhshrink),
            *(nn.Softshrink, nn.Hardshrink, nn.Dropout, nn.Identity),
        )
    },
    "softmax": lambda width: nn.Softmax(1),
    "log-softmax": lambda width: nn.LogSoftmax(1),
    "in-place relu": lambda width: nn.Sequential(nn.Linear(width, width), nn.ReLU(inplace=True)),
    "in-place elu": lambda width: nn.Sequential(nn.Linear(width, width), nn.ELU(inplace=True)),
    "batch norm": lambda width: shifted(nn.BatchNorm1d(width), width),
    "batch norm without weights": lambda width: shifted(nn.BatchNorm1d(width, affine=False), width),
    "layer norm": nn.LayerNorm,
    # PyTorch has none of a single number
    "group norm": lambda width: nn.GroupNorm(1, width) if width > 1 else nn.Identity(),
    "rms norm": lambda width: nn.RMSNorm(width, eps=1e-3),
    "scale without dimensions": lambda width: Parameters(
        lambda net, x: net.own_parameters[0] * x, {}, ()
    ),
    "odd shapes": lambda width: Parameters(
        lambda net, x: x * net.own_parameters[0].prod(0).sum() + net.own_parameters[1].sum(),
        *({}, (2, 1, 3), (0, 3)),
    ),
    "mask and permutation": lambda width: Parameters(
        lambda net, x: (x * net.mask * net.own_parameters[0])[:, net.order],
        {"mask": (torch.rand(width) > 0.3).float(), "order": torch.randperm(width)},
        (width,),
    ),
    "own derivative": lambda width: Own(lambda net, x: Square.apply(x)),
    "branch on values": lambda width: Own(lambda net, x: torch.sin(x) if x.isfinite().all() else x),
    "sorted features": lambda width: Own(lambda net, x: x.sort(1)[0]),
    "cumulated features": lambda width: Own(lambda net, x: x.cumsum(1) + x.cumprod(1)),
}


class Residual(nn.Module):
    """h + part(h), or their mean over features where the widths differ."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Tensor) -> Tensor:
        value = self.part(x.clone())
        return value + (x if value.shape == x.shape else x.flatten(1).mean(1, keepdim=True))


def hooked(part: nn.Module, kind: str, hook: Callable) -> nn.Module:
    getattr(part, f"register_{kind}_hook")(hook)
    return part


def frozen(part: nn.Module) -> nn.Module:
    return part.requires_grad_(False)


def untracked(part: nn.Module) -> nn.Module:
    def forward(net: Own, x: Tensor) -> Tensor:
        with torch.no_grad():
            return net.parts["part"](x)

    return Own(forward, part=part)


WRAPPERS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "residual": Residual,
    "hook": lambda part: hooked(part, "forward", lambda _, x, out: 2 * out - 0.3),
    "hook of squares": lambda part: hooked(part, "forward", lambda _, x, out: out + out.square()),
    "hook before": lambda part: hooked(part, "forward_pre", lambda _, x: (1.5 * x[0],)),
    "hook that looks": lambda part: hooked(part, "forward", lambda *_: None),
    "frozen": frozen,
    "untracked": untracked,
    "nested": nn.Sequential,
}
