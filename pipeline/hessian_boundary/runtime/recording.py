"""Record a tensor function once and replay it without Python's and autograd's bookkeeping.

For small networks that bookkeeping is most of the time: the arithmetic of a training step of
2-100-100-3 takes about 0.03 ms, the step as it is usually written ten times that.
"""

import random
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

# flat tensors in, flat tensors out
TensorFunction = Callable[..., Sequence[Tensor]]


def record(function: TensorFunction, *example: Tensor) -> TensorFunction | None:
    """Return a function that replays `function(*tensors)` for tensors of the example's shapes.

    The function may differentiate. It is turned into a flat list of tensor operations (`make_fx`)
    and, where all of them can be, into a TorchScript program. Returns None, with a line in the
    log, when it cannot be recorded: control flow that depends on values, for example, or a draw
    outside of torch, is refused rather than frozen at what the example happened to give.
    """
    drawn = _states_outside_torch()
    device = example[0].device
    try:
        # fake tensors have no values, so a branch on values cannot be taken
        options: dict[str, Any] = {"tracing_mode": "fake", "_allow_non_fake_inputs": True}
        # what is drawn on trial is drawn again: a training goes on alike wherever it is recorded
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            graph = make_fx(function, **options)(*example)
            replay = _without_gradients(_as_torchscript(graph, example))
            replay(*example)  # a device may lay tensors out otherwise than the recording expects
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else ""
        print(f"not recorded: {type(error).__name__}: {reason}", file=sys.stderr)
        return None
    if _states_outside_torch() != drawn:
        print("not recorded: draws with NumPy or `random` at each call", file=sys.stderr)
        return None
    return replay


def _states_outside_torch() -> tuple[object, ...]:
    name, keys, *rest = np.random.get_state()
    return random.getstate(), name, np.asarray(keys).tobytes(), *rest


def _as_torchscript(graph: TensorFunction, example: Sequence[Tensor]) -> TensorFunction:
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracer notes about constants: they are constants
            # a traced function is called with less ado than a traced module, which the graph is
            return torch.jit.trace(lambda *tensors: graph(*tensors), example, check_trace=False)
    except RuntimeError:  # some operations, such as a convolution's backward, are not TorchScript
        return graph


def _without_gradients(program: TensorFunction) -> TensorFunction:
    def replay(*tensors: Tensor) -> Sequence[Tensor]:
        with torch.no_grad():
            return program(*tensors)

    return replay
