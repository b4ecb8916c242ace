"""Networks as parameter vectors: build one, read its parameters out, put them back."""

import json
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.func import functional_call


def build_model(
    architecture: Mapping[str, Any], input_shape: Sequence[int], classes: int, seed: int
) -> nn.Module:
    """Build the architecture `name` with a default initialisation drawn from `seed`."""
    options = {key: value for key, value in architecture.items() if key != "name"}
    module = import_module(f"hessian_boundary.networks.architectures.{architecture['name']}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return module.build(tuple(input_shape), classes, **options)


def trained_module(
    model: xr.Dataset, dtype: torch.dtype, device: torch.device, epoch: int | None = None
) -> nn.Module:
    """Rebuild the network of a model artifact, in eval mode, trained or at a stored epoch.

    Raises ValueError for an epoch of which the model has no checkpoint.
    """
    attributes = model.attrs
    parameters = model["parameters"].values if epoch is None else _checkpoint(model, epoch)
    architecture = json.loads(attributes["architecture"])
    module = build_model(architecture, attributes["input_shape"], attributes["classes"], seed=0)
    module.to(device, dtype)
    load_parameter_vector(module, torch.from_numpy(parameters))
    if "buffers" in model:
        load_buffer_vector(module, torch.from_numpy(model["buffers"].values))
    return module.eval()


def _checkpoint(model: xr.Dataset, epoch: int) -> np.ndarray:
    epochs = model["checkpoint_epoch"].values if "checkpoint_epoch" in model else np.empty(0)
    if epoch not in epochs:
        raise ValueError(
            f"expected a checkpoint among epochs {epochs.tolist()}, found {epoch}; add it to the "
            "experiment's `checkpoints`"
        )
    return model["checkpoints"].values[np.flatnonzero(epochs == epoch)[0]]


def trainable_parameters(module: nn.Module) -> list[nn.Parameter]:
    """Return the parameters that θ consists of: those that require a gradient, each once."""
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def parameter_count(module: nn.Module) -> int:
    """Return the number p of trainable parameters."""
    return sum(parameter.numel() for parameter in trainable_parameters(module))


def parameter_vector(module: nn.Module) -> Tensor:
    """Concatenate the trainable parameters, in the order of the module, to one vector θ (p,)."""
    return torch.cat([parameter.detach().reshape(-1) for parameter in trainable_parameters(module)])


def parameter_layers(module: nn.Module) -> list[str]:
    """Name, for each entry of the parameter vector, the tensor it belongs to ("0.weight", …)."""
    named = [entry for entry in module.named_parameters() if entry[1].requires_grad]
    return [name for name, parameter in named for _ in range(parameter.numel())]


def load_parameter_vector(module: nn.Module, vector: Tensor) -> None:
    """Write a parameter vector (p,) back into the module.

    Raises ValueError when the module has another number of parameters.
    """
    parameters = trainable_parameters(module)
    sizes = [parameter.numel() for parameter in parameters]
    if vector.numel() != sum(sizes):
        raise ValueError(
            f"expected {sum(sizes)} parameters for this architecture, found {vector.numel()}; "
            "the starting model must have the same architecture, input shape and classes"
        )
    for parameter, part in zip(parameters, vector.split(sizes), strict=True):
        parameter.data.copy_(part.reshape(parameter.shape))


def split_parameters(vectors: Tensor, module: nn.Module) -> tuple[Tensor, ...]:
    """Cut parameter vectors (…, p) into one tensor (…, *shape) per parameter tensor."""
    shapes = [parameter.shape for parameter in trainable_parameters(module)]
    parts = vectors.split([shape.numel() for shape in shapes], dim=-1)
    return tuple(
        part.reshape((*vectors.shape[:-1], *shape))
        for part, shape in zip(parts, shapes, strict=True)
    )


def functional_logits(module: nn.Module) -> Callable[[Sequence[Tensor], Tensor], Tensor]:
    """Return f(θ, x): logits (n, C) as a pure function of the tuple of trainable tensors."""
    index = {id(parameter): i for i, parameter in enumerate(trainable_parameters(module))}
    # every place that holds a parameter, once: `functional_call`'s own handling of shared ones
    # does not put them back
    places = {
        f"{prefix}.{name}" if prefix else name: index[id(parameter)]
        for prefix, part in module.named_modules()
        for name, parameter in part.named_parameters(recurse=False, remove_duplicate=False)
        if parameter.requires_grad
    }

    def logits(parameters: Sequence[Tensor], x: Tensor) -> Tensor:
        state = {name: parameters[i] for name, i in places.items()}
        return functional_call(module, state, (x,), tie_weights=False)

    return logits


def buffer_vector(module: nn.Module) -> Tensor:
    """Concatenate all buffers (batch normalisation's statistics, …) to one float64 vector."""
    parts = [buffer.detach().double().reshape(-1) for buffer in module.buffers()]
    return torch.cat(parts) if parts else torch.empty(0, dtype=torch.float64)


def load_buffer_vector(module: nn.Module, vector: Tensor) -> None:
    """Write a buffer vector back into a module of the same architecture."""
    sizes = [buffer.numel() for buffer in module.buffers()]
    for buffer, part in zip(module.buffers(), vector.split(sizes), strict=True):
        buffer.copy_(part.reshape(buffer.shape))


def norms(parameters: Tensor, layers: Sequence[str]) -> dict[str, float]:
    """Return two norms of θ.

    `norm_l2`: ‖θ‖₂. `norm_published`: the sum over parameter tensors of their L2 norms, which is
    what the paper's tables list under ‖θ‖₂ (gaussian/normal: 19.6 against a true L2 norm of 9.9).
    """
    squares: dict[str, float] = {}
    for layer, value in zip(layers, parameters.double().tolist(), strict=True):
        squares[layer] = squares.get(layer, 0.0) + value * value
    return {
        "norm_l2": sum(squares.values()) ** 0.5,
        "norm_published": sum(square**0.5 for square in squares.values()),
    }
