"""Which fast path takes which network: asked of the code with small networks."""

import re

from torch import Tensor, nn
from torch.nn.utils import parametrizations

from hessian_boundary.networks.architectures import cnn, lenet5, mlp
from hessian_boundary.networks.copies import copy_network
from hessian_boundary.networks.structure import FAST_PATHS, support
from page_parts.markdown import table


class _Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(x + self.first(x).relu())


def networks() -> dict[str, nn.Module]:
    """Return a small network of each kind, by what it has."""
    hooked, frozen = _dense(), _dense()
    hooked[0].register_forward_hook(lambda module, inputs, output: 2 * output)
    frozen[0].requires_grad_(False)
    shared = nn.Linear(2, 2)
    return {
        "dense layers and ReLU (`mlp`)": mlp.build((2,), 3, hidden=[4, 4]),
        "dense layers and sigmoid": mlp.build((2,), 3, hidden=[4, 4], activation="sigmoid"),
        "dense layers and ReLU, more than two features": mlp.build((4,), 3, hidden=[4]),
        "convolutions, ReLU, max-pooling (`cnn`)": cnn.build((1, 12, 12), 3),
        "LeNet-5 (`lenet5`)": lenet5.build((3, 32, 32), 3),
        "strided or padded convolution, average pooling": nn.Sequential(
            nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
            nn.Linear(8, 3),
        ),
        "convolution in groups": nn.Sequential(
            nn.Conv2d(2, 2, 3, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)
        ),
        "batch normalisation": _dense(nn.BatchNorm1d(4)),
        "layer normalisation": _dense(nn.LayerNorm(4)),
        "dropout": _dense(nn.Dropout(0.5)),
        # as it is copied
        "ReLU in place": copy_network(
            nn.Sequential(nn.Linear(2, 4), nn.ReLU(inplace=True), nn.Linear(4, 3))
        ),
        "a layer used twice": nn.Sequential(shared, nn.ReLU(), shared, nn.Linear(2, 3)),
        "a forward hook": hooked,
        "a weight computed from others (`weight_norm`)": nn.Sequential(
            parametrizations.weight_norm(nn.Linear(2, 4)), nn.ReLU(), nn.Linear(4, 3)
        ),
        "a frozen layer": frozen,
        "a module with a forward pass of its own": _Residual(),
    }  # fmt: skip


def fast_path_table() -> str:
    """Return a row per network and a column per fast path, then the reasons."""
    answers = {name: support(network) for name, network in networks().items()}
    rows = [
        (name, *("no" if answer[path] else "yes" for path in FAST_PATHS))
        for name, answer in answers.items()
    ]
    lines = [f"- {name}: {reasons}" for name in answers if (reasons := _reasons(answers[name]))]
    return "\n".join(
        [table(("network", *FAST_PATHS), rows), "What stands in the way:", "", *lines, ""]
    )


def _dense(*between: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 4), *between, nn.ReLU(), nn.Linear(4, 3))


def _reasons(answer: dict[str, str]) -> str:
    """Join the reasons, each with the paths that it bars."""
    barred: dict[str, list[str]] = {}
    for path, reason in answer.items():
        if reason:
            barred.setdefault(_short(reason), []).append(path)
    return "; ".join(f"*{', '.join(paths)}*: {reason}" for reason, paths in barred.items())


def _short(reason: str) -> str:
    """Leave out what would be known: the list of all types says less than the one that is not."""
    reason = re.sub(r"^expected only .*? found that (.*?);.*", r"\1", reason)
    return re.sub(r"(\w+) is not one of .*", r"`\1`", reason)
