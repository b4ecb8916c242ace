"""Loss, correct predictions and gradients of one mini-batch, recorded once per batch shape."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import grad_and_value

from hessian_boundary.losses.per_sample import Loss
from hessian_boundary.networks.parameters import functional_logits, trainable_parameters
from hessian_boundary.runtime.recording import TensorFunction, record

# (parameters, x, y) -> (loss, number of correct predictions, one gradient per parameter)
GradientStep = Callable[[list[Tensor], Tensor, Tensor], tuple[Tensor, Tensor, list[Tensor]]]


def gradient_step(module: nn.Module, loss: Loss) -> GradientStep:
    """Return a function that computes the mini-batch gradient of `loss(module(x), y)`.

    Its first argument is the list of the module's trainable tensors, detached. A module that cannot
    be recorded (control flow that depends on values, buffers that change such as batch
    normalisation's) runs as ordinary autograd: slower, the same numbers.
    """
    if any(True for _ in module.buffers()):
        return _ordinary_step(module, loss)
    logits = functional_logits(module)

    def flat_step(*tensors: Tensor) -> tuple[Tensor, ...]:
        *parameters, x, y = tensors

        def objective(values: list[Tensor]) -> tuple[Tensor, Tensor]:
            output = logits(values, x)
            return loss(output, y), output

        gradients, (value, output) = grad_and_value(objective, has_aux=True)(list(parameters))
        return value, (output.argmax(1) == y).sum(), *gradients

    recorded: dict[torch.Size, TensorFunction | None] = {}
    ordinary = _ordinary_step(module, loss)

    def step(parameters: list[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        if x.shape not in recorded:
            recorded[x.shape] = record(flat_step, *parameters, x, y)
        replay = recorded[x.shape]
        if replay is None:
            return ordinary(parameters, x, y)
        value, correct, *gradients = replay(*parameters, x, y)
        return value, correct, gradients

    return step


def _ordinary_step(module: nn.Module, loss: Loss) -> GradientStep:
    own = trainable_parameters(module)

    def step(_: list[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        with torch.enable_grad():
            output = module(x)
            if not isinstance(output, Tensor) or output.ndim != 2 or len(output) != len(y):
                raise ValueError(_other_output(output, len(y)))
            value = loss(output, y)
            gradients = torch.autograd.grad(value, own, materialize_grads=True)
        return value.detach(), (output.argmax(1) == y).sum(), list(gradients)

    return step


def _other_output(output: object, samples: int) -> str:
    found = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
    return (
        f"expected logits ({samples}, C) in training as in eval mode for {samples} samples, found "
        f"{found}; let the forward pass return the same in both, further outputs left out"
    )


def explain_single_sample(error: ValueError, batch: int, samples: int, batch_size: int) -> None:
    """Raise ValueError in words where normalisation finds no variance in a single sample."""
    if batch == 1 and "more than 1" in str(error):
        raise ValueError(
            "expected at least two samples in each mini-batch for a network with batch "
            f"normalisation, found {samples} training samples in mini-batches of {batch_size}, "
            "which leaves one with a single sample; change `batch_size`, or `train_fraction`, or "
            "normalise otherwise"
        ) from error
