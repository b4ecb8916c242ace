"""Loss, correct predictions and gradients of one mini-batch, compiled once per batch size.

Small networks spend nearly all of a training step in Python and autograd bookkeeping: for the
2-100-100-3 network the arithmetic of a step takes about 0.03 ms, the usual loop 2 ms or more. So
the backward pass is recorded once as a flat list of tensor operations (`make_fx`) and replayed by
TorchScript's interpreter. Nothing here depends on the architecture.
"""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value
from torch.fx.experimental.proxy_tensor import make_fx

from pipeline.losses import Loss

# (parameters, x, y) -> (loss, number of correct predictions, one gradient per parameter)
GradientStep = Callable[[list[Tensor], Tensor, Tensor], tuple[Tensor, Tensor, list[Tensor]]]


def gradient_step(module: nn.Module, loss: Loss) -> GradientStep:
    """Return a function that computes the mini-batch gradient of `loss(module(x), y)`.

    It is recorded on the first call for each batch shape. A module that cannot be recorded (control
    flow that depends on values, buffers that change such as batch normalisation's) runs as
    ordinary autograd: slower, the same numbers.
    """
    names = [name for name, _ in module.named_parameters()]

    def step(parameters: list[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        def objective(values: list[Tensor]) -> tuple[Tensor, Tensor]:
            logits = functional_call(module, dict(zip(names, values, strict=True)), (x,))
            return loss(logits, y), logits

        gradients, (value, logits) = grad_and_value(objective, has_aux=True)(parameters)
        return value, (logits.argmax(1) == y).sum(), gradients

    if any(True for _ in module.buffers()):
        return step
    recorded: dict[tuple[int, ...], GradientStep] = {}

    def replay(parameters: list[Tensor], x: Tensor, y: Tensor):  # type: ignore[no-untyped-def]
        shape = tuple(x.shape)
        if shape not in recorded:
            recorded[shape] = _record(step, parameters, x, y)
        return recorded[shape](parameters, x, y)

    return replay


def _record(step: GradientStep, parameters: list[Tensor], x: Tensor, y: Tensor) -> GradientStep:
    try:
        # fake tensors have no values, so a branch on values is refused instead of frozen in
        graph = make_fx(step, tracing_mode="fake")(parameters, x, y)
    except Exception as error:
        print(f"training without recording the gradient: {type(error).__name__}: {error}")
        return step
    count = len(parameters)

    def flat(*tensors: Tensor) -> tuple[Tensor, ...]:
        value, correct, gradients = graph(list(tensors[:count]), *tensors[count:])
        return value, correct, *gradients

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracer notes about constants: they are constants here
        traced = torch.jit.trace(flat, (*parameters, x, y), check_trace=False)

    def replay(parameters: list[Tensor], x: Tensor, y: Tensor):  # type: ignore[no-untyped-def]
        with torch.no_grad():
            value, correct, *gradients = traced(*parameters, x, y)
        return value, correct, gradients

    return replay
