"""Build a network, and look at once whether it is one that can be trained and differentiated."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from hessian_boundary.networks.copies import copy_network, with_usual_operations
from hessian_boundary.networks.evaluation import eval_logits, evaluating
from hessian_boundary.networks.one_logit import (
    TwoLogits,
    check_not_a_sigmoid,
    is_one_logit,
)
from hessian_boundary.networks.parameters import trainable_parameters
from hessian_boundary.networks.precision_checks import check_in_float64
from hessian_boundary.runtime.own_code import full_name, own_function
from hessian_boundary.runtime.own_files import only_reading
from hessian_boundary.runtime.seeds import seeded

ARCHITECTURES = "hessian_boundary.networks.architectures"
EXAMPLES = 7  # samples that a new network is evaluated on: few classes are as many
# these wrap a module, and hide its parts or compute on several devices
WRAPPERS = (
    torch.jit.ScriptModule,
    nn.DataParallel,
    nn.parallel.DistributedDataParallel,
)


def build_model(
    architecture: Mapping[str, Any],
    input_shape: Sequence[int],
    classes: int,
    seed: int,
    samples: Tensor | None = None,
) -> nn.Module:
    """Build the architecture `name`, a module or a file; all it draws comes from `seed`.

    Its file's `build(input_shape, classes, **options)` returns a module from x (n, *input_shape)
    float32 to logits (n, C), C ≥ classes. Two things are done for it: lazy layers get their sizes
    from a first pass, and a binary classifier of one output becomes a network of the logits (0, f)
    (`TwoLogits`). `samples` are some of the data, to evaluate it on; else random numbers are.

    Raises ValueError that names the file when `build` is missing or its result cannot be trained:
    no module, a compiled or parallel one, parameters that are not float32, no finite logits of that
    shape, other logits the second time, an input that it changes; and when `build` reads a file.
    """
    x = _examples(input_shape) if samples is None else samples[:EXAMPLES]
    with seeded(seed):
        module, file = _built(architecture, input_shape, classes)
        _check_module(module, file)
        _check_parameters(module, file)
        with_usual_operations(module)
        # also gives lazy layers their sizes and values
        output = _first_output(module, x.clone(), file)
        if classes == 2 and is_one_logit(output, len(x)):
            module = _with_two_logits(module, x, file)
        _check_logits(module, x, classes, file)
    return module


def _built(
    architecture: Mapping[str, Any], input_shape: Sequence[int], classes: int
) -> tuple[Any, str]:
    """Return what `build` returns, and its file's name for messages."""
    options = {key: value for key, value in architecture.items() if key != "name"}
    way_out = "start from trained parameters with `start: {state_dict: FILE}`"
    with only_reading([], f"the architecture {architecture['name']!r}", "no files", way_out):
        build, file = own_function(full_name(ARCHITECTURES, architecture["name"]), "build")
        return build(tuple(input_shape), classes, **options), file


def build_to_train(
    architecture: Mapping[str, Any],
    input_shape: Sequence[int],
    classes: int,
    seed: int,
    samples: Tensor,
) -> nn.Module:
    """Build as `build_model` does, and see whether the same seed gives the same network again.

    The network is built again for each step that uses it, so it must.
    Raises ValueError, too, when two networks give other logits for the first of x (n, feature…).
    """
    module, again = (
        build_model(architecture, input_shape, classes, seed, samples) for _ in range(2)
    )
    logits, repeated = (eval_logits(each, samples[:EXAMPLES].clone()) for each in (module, again))
    if logits.shape != repeated.shape or not torch.equal(logits, repeated):
        raise ValueError(
            f"expected one network from two calls of `build` in architecture "
            f"{architecture['name']!r} with the same seed, found other logits the second time; "
            "draw with torch, `numpy.random.rand` and the like, or `random`, which are seeded, "
            "not with a generator without a seed, and change nothing outside of `build`"
        )
    check_in_float64(module, samples[:EXAMPLES], architecture["name"])
    return module


def _examples(input_shape: Sequence[int]) -> Tensor:
    return torch.rand(EXAMPLES, *input_shape, generator=torch.Generator().manual_seed(0))


def _check_module(module: Any, file: str) -> None:
    if not isinstance(module, nn.Module):
        found = f"the class {module.__name__}" if isinstance(module, type) else repr(module)
        advice = "call it: return its instance" if isinstance(module, type) else "return the module"
        raise ValueError(
            f"expected a torch.nn.Module from `build` in {file}, found {found:.200}; {advice}"
        )
    for name, part in module.named_modules():
        # what torch.compile returns keeps the module under this name
        if isinstance(part, WRAPPERS) or "_orig_mod" in part._modules:
            raise ValueError(
                f"expected plain modules from `build` in {file}, found {type(part).__name__}"
                f"{f' at {name}' if name else ''}; return the module that it was made of: it is "
                "differentiated twice, which compiled and parallel modules do not allow"
            )


def _first_output(module: nn.Module, x: Tensor, file: str) -> Any:
    try:
        if any(is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers())):
            with evaluating(module):
                module(x)
        return eval_logits(module, x)
    except Exception as error:
        raise ValueError(
            f"expected a network that takes x of shape {tuple(x.shape)} and float32 from `build` "
            f"in {file}, found in its forward pass {type(error).__name__}: {error}"
        ) from error


def _check_parameters(module: nn.Module, file: str) -> None:
    for name, parameter in module.named_parameters():
        if parameter.dtype != torch.float32:
            raise ValueError(
                f"expected parameters of float32 from `build` in {file}, found {name} of "
                f"{parameter.dtype}; leave out .double(), .half() and the like: networks are "
                "trained in float32, and curvature is computed in float64 whatever they are"
            )
    for name, buffer in module.named_buffers():
        if buffer.is_complex():
            raise ValueError(
                f"expected buffers of real numbers from `build` in {file}, found {name} of "
                f"{buffer.dtype}; keep its real and imaginary parts apart, as two buffers"
            )
    if not trainable_parameters(module):
        raise ValueError(
            f"expected a module with parameters to train from `build` in {file}, found none that "
            "requires a gradient; call requires_grad_(True) on those that are to be trained"
        )


def _with_two_logits(module: nn.Module, x: Tensor, file: str) -> nn.Module:
    try:
        check_not_a_sigmoid(copy_network(module).eval(), x)  # a copy: buffers stay as they are
    except ValueError as error:
        raise ValueError(f"architecture {file}: {error}") from error
    return TwoLogits(module)


def _check_logits(module: nn.Module, x: Tensor, classes: int, file: str) -> None:
    given = x.clone()
    logits, again = eval_logits(module, given), eval_logits(module, x.clone())
    if not torch.equal(given, x):
        raise ValueError(
            f"expected a network that leaves its input as it is from `build` in {file}, found one "
            "that changes it in place; write x = x - 0.5 instead of x -= 0.5"
        )
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(x):
        found = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits)
        raise ValueError(
            f"expected logits of shape (n, C) from the network of {file}, ({len(x)}, {classes}) "
            f"for {len(x)} samples, found {found}; let its forward pass return one row per sample"
        )
    if logits.shape[1] < classes or not logits.is_floating_point():
        raise ValueError(
            f"expected a logit for each of {classes} classes from the network of {file}, found "
            f"{logits.shape[1]} of {logits.dtype}; end it with {classes} outputs, the argument "
            "`classes` of `build`"
        )
    if not torch.isfinite(logits).all():
        raise ValueError(
            f"expected finite logits from the untrained network of {file}, found "
            f"{logits.flatten()[~torch.isfinite(logits.flatten())][0]} for one of the first "
            "samples; look at its initialisation, and at the scale of the data"
        )
    if not torch.equal(logits, again):
        raise ValueError(
            f"expected the same logits for the same samples from the network of {file}, found two "
            f"that differ by {(logits - again).abs().max():.3g} in eval mode; draw and count only "
            "`if self.training`, as in F.dropout(h, training=self.training)"
        )
