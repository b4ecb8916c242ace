"""What `build` returns is looked at before anything is trained; the message names the file."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.own_networks import X, layers, register
from hessian_boundary.networks.building import build_model


class Network(nn.Module):
    """Two dense layers, and a function of the test's own between x and logits."""

    def __init__(self, forward: Callable[["Network", torch.Tensor], Any], outputs: int = 3) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(2, 5), nn.Linear(5, outputs)
        self.function = forward

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(self, x)


class Rotating(Network):
    def __init__(self, turn: torch.Tensor) -> None:
        super().__init__(plain)
        self.register_buffer("turn", turn)


def plain(network: Network, x: torch.Tensor) -> torch.Tensor:
    return network.b(torch.tanh(network.a(x)))


def changed(network: Network, x: torch.Tensor) -> torch.Tensor:
    x.clamp_(min=0)
    return plain(network, x)


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "a class": (lambda shape, classes: nn.Flatten, "the class Flatten; call it: return its"),
    "nothing": (lambda shape, classes: None, "found None; return the module"),
    "a function": (lambda shape, classes: F.relu, "found <function relu"),
    "a list of layers": (lambda shape, classes: [nn.Linear(2, 3)], r"found \[Linear"),
    "a compiled one": (lambda *_: torch.jit.script(layers(2, 3)), "RecursiveScriptModule; return"),
    "a traced part": (
        lambda *_: nn.Sequential(torch.jit.trace(layers(2, 4), X), nn.Linear(4, 3)),
        "TopLevelTracedModule at 0; return",
    ),
    "a parallel one": (lambda *_: nn.DataParallel(layers(2, 3)), "found DataParallel; return"),
    "an optimised one": (lambda *_: torch.compile(layers(2, 3)), "found OptimizedModule; return"),
    "float64": (lambda *_: layers(2, 3).double(), "found 0.weight of torch.float64; leave out"),
    "one part in bfloat16": (
        lambda *_: nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 3).bfloat16()),
        "found 1.weight of torch.bfloat16",
    ),
    "complex": (lambda *_: nn.Linear(2, 3, dtype=torch.complex64), "weight of torch.complex64"),
    "lazy in float16": (lambda *_: nn.LazyLinear(3, dtype=torch.half), "of torch.float16"),
    "a complex buffer": (lambda *_: Rotating(torch.ones(5) * 1j), "found turn of torch.complex64;"),
    "a complex part": (
        lambda *_: nn.Sequential(Rotating(torch.eye(5) + 0j), nn.Linear(3, 3)),
        "found 0.turn of torch.complex64; keep",
    ),
    "nothing to train": (lambda *_: layers(2, 3).requires_grad_(False), "found none that requires"),
    "no parameter": (lambda *_: nn.Flatten(), "found none that requires a gradient"),
    "a tuple": (lambda *_: Network(lambda n, x: (plain(n, x), 0)), r"found <class 'tuple'>; let"),
    "a dict": (lambda *_: Network(lambda n, x: {"logits": plain(n, x)}), "found <class 'dict'>"),
    "a list": (lambda *_: Network(lambda n, x: list(plain(n, x))), "found <class 'list'>"),
    "a further axis": (lambda *_: Network(lambda n, x: plain(n, x)[:, :, None]), r"\(4, 3, 1\)"),
    "a mean over samples": (lambda *_: Network(lambda n, x: plain(n, x).mean(0)), r"shape \(3,\)"),
    "classes first": (lambda *_: Network(lambda n, x: plain(n, x).T), r"shape \(3, 4\)"),
    "too few logits": (lambda *_: Network(plain, outputs=2), "found 2 of torch.float32; end it"),
    "one logit of three": (lambda *_: Network(plain, outputs=1), "found 1 of torch.float32"),
    "predictions": (
        lambda *_: Network(lambda n, x: plain(n, x).argmax(1, keepdim=True).repeat(1, 3)),
        "found 3 of torch.int64",
    ),
    "NaN": (lambda *_: Network(lambda n, x: plain(n, x).log()), "found nan for one of"),
    "infinity": (lambda *_: Network(lambda n, x: plain(n, x) / 0), "found -?inf for one"),
    "noise": (lambda *_: Network(lambda n, x: plain(n, x + torch.randn(2))), "in eval mode; draw"),
    "dropout without a mode": (
        lambda *_: Network(lambda n, x: plain(n, F.dropout(x + 1))), "if self.training"
    ),
    "NumPy's noise": (
        lambda *_: Network(lambda n, x: plain(n, x) * float(np.random.rand())), "in eval mode"
    ),
    "changed in place": (lambda *_: Network(changed), "changes it in place; write x = x"),
    "shifted in place": (
        lambda *_: Network(lambda n, x: plain(n, x.sub_(0.5))), "changes it in place"
    ),
    "another number of features": (lambda *_: layers(4, 3), "in its forward pass RuntimeError"),
    "a mistake in forward": (
        lambda *_: Network(lambda n, x: n.c(x)), "in its forward pass AttributeError: 'Network'"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("build", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_cannot_be_trained_is_refused(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., Any], message: str
) -> None:
    register(monkeypatch, build)
    with pytest.raises(ValueError, match=rf"(?s)architectures.mine.*{message}"):
        build_model({"name": "mine"}, (2,), 3, seed=0, samples=X)


def test_a_file_without_the_function_and_one_that_is_no_python_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    import hessian_boundary.networks.architectures as package

    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    (tmp_path / "without_it.py").write_text("def construct(shape, classes):\n    pass\n")
    (tmp_path / "a_number.py").write_text("build = 3\n")
    (tmp_path / "broken.py").write_text("def build(shape, classes):\n    return (\n")
    (tmp_path / "indented.py").write_text("def build(shape, classes):\nreturn 1\n")
    for name, message in {
        "without_it": rf"function `build` in {tmp_path.name}/without_it.py, found no such",
        "a_number": r"a_number.py, found int 3; define `def build\(…\):`",
        "broken": r"Python in .*broken.py, found in line 2: '\(' was never closed; correct",
        "indented": r"indented.py, found in line 2: expected an indented block",
    }.items():
        with pytest.raises(ValueError, match=message):
            build_model({"name": name}, (2,), 3, seed=0)
