"""A network with the samples, labels and loss that its Hessian is taken of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hessian_boundary.networks.conversion import as_inputs, as_labels
from hessian_boundary.networks.copies import TwoLogits, copy_network
from hessian_boundary.networks.losses import PER_SAMPLE, Loss
from hessian_boundary.networks.parameters import parameter_count, trainable_parameters
from hessian_boundary.wording.suggestion import suggestion

PROBED = 2  # samples that are evaluated when a problem is made


@dataclass(frozen=True)
class Problem:
    """f_θ at its trained θ, and L(θ) = (1/n) Σ_s ℓ(f_θ(x_s), y_s).

    network: gives logits (n, C) for x; one that is in training mode is replaced by a copy in eval
    mode, and one that gives a single logit per sample, (n, 1) or (n,), by one that gives (0, f):
    a binary classifier with labels 0 and 1. x (n, feature…) and the network's trainable parameters
    share dtype and device; y (n,) holds labels 0 … C−1; loss gives one value per sample, (n,), for
    logits (n, C) and labels (n,).

    Raises ValueError when any of this does not hold: samples and labels differ in number, there is
    none, nothing is trainable, the network does not give logits, the loss is a mean.
    """

    network: nn.Module
    x: Tensor
    y: Tensor
    loss: Loss

    def __post_init__(self) -> None:
        if any(part.training for part in self.network.modules()):
            object.__setattr__(self, "network", copy_network(self.network).eval())
        _check_samples(self.x, self.y)
        _check_parameters(self.network, self.x)
        logits = _evaluated(self.network, self.x[:PROBED])
        if isinstance(logits, Tensor) and logits.shape in ((len(logits),), (len(logits), 1)):
            object.__setattr__(self, "network", TwoLogits(self.network).eval())
            logits = _evaluated(self.network, self.x[:PROBED])
        _check_logits(logits, len(self.x[:PROBED]), self.y)
        _check_leaves(self.network, self.x[:PROBED])
        _check_loss(self.loss, logits, self.y[:PROBED])
        object.__setattr__(self, "_classes", logits.shape[1])

    @classmethod
    def prepared(
        cls,
        network: nn.Module,
        x: Any,
        y: Any,
        loss: str | Loss = "cross_entropy",
        *,
        dtype: torch.dtype = torch.float64,
        device: str | torch.device = "cpu",
    ) -> "Problem":
        """Make a problem of anything that converts: the network is copied, never changed.

        x and y are arrays or tensors; `loss` is a name or a function of logits (n, C) and labels
        (n,) that gives (n,). Raises ValueError, with what to change, for what does not convert.
        """
        module = copy_network(network).eval().to(device, dtype)
        inputs, labels = as_inputs(x, dtype).to(device), as_labels(y).to(device)
        return cls(module, inputs, labels, loss_by_name(loss))

    @property
    def samples(self) -> int:
        """Number n of samples."""
        return len(self.y)

    @property
    def classes(self) -> int:
        """Number C of logits."""
        return int(self._classes)  # type: ignore[attr-defined]

    @property
    def parameters(self) -> int:
        """Number p of trainable parameters."""
        return parameter_count(self.network)

    @property
    def dtype(self) -> torch.dtype:
        """dtype of the trainable parameters."""
        return trainable_parameters(self.network)[0].dtype

    @property
    def device(self) -> torch.device:
        """Where the trainable parameters are."""
        return trainable_parameters(self.network)[0].device

    def tensor(self, values: np.ndarray) -> Tensor:
        """Return an array of real numbers in the dtype and on the device of the parameters."""
        return torch.from_numpy(values).to(self.device, self.dtype)

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield x and y in mini-batches; the last may be short."""
        return zip(self.x.split(size), self.y.split(size), strict=True)

    def of_class(self, label: int) -> "Problem":
        """Return the problem of the samples of one class (Appendix F)."""
        chosen = self.y == label
        return replace(self, x=self.x[chosen], y=self.y[chosen])


def loss_by_name(loss: str | Loss) -> Loss:
    """Return a loss per sample; a function is returned as it is.

    Raises ValueError for a name that is not known.
    """
    if not isinstance(loss, str):
        return loss
    if loss not in PER_SAMPLE:
        raise ValueError(
            f"expected a loss among {list(PER_SAMPLE)}, or a function that gives one value per "
            f"sample, found {loss!r}; {suggestion(loss, PER_SAMPLE)}"
        )
    return PER_SAMPLE[loss]


def _check_samples(x: Tensor, y: Tensor) -> None:
    if y.ndim != 1 or y.is_floating_point() or y.dtype == torch.bool:
        raise ValueError(
            f"expected whole-number labels y of shape (n,), found {y.dtype} of shape "
            f"{tuple(y.shape)}; give the index of each sample's class"
        )
    if len(x) != len(y):
        raise ValueError(f"expected as many samples as labels, found {len(x)} and {len(y)}")
    if not len(y):
        raise ValueError("expected at least one sample to take the loss of, found none")


def _check_parameters(network: nn.Module, x: Tensor) -> None:
    parameters = trainable_parameters(network)
    if not parameters:
        raise ValueError(
            "expected a network with trainable parameters, found none that requires a gradient; "
            "the Hessian is taken over those: call requires_grad_(True) on what it should cover"
        )
    kinds = {(parameter.dtype, parameter.device) for parameter in parameters}
    if len(kinds) > 1:
        found = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
        raise ValueError(
            f"expected parameters of one dtype on one device, found {found}; convert the network "
            "with .to(device, torch.float64)"
        )
    dtype, device = kinds.pop()
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"expected parameters in float32 or float64, found {dtype}; convert the network with "
            ".double()"
        )
    if (x.is_floating_point() and x.dtype != dtype) or x.device != device:
        raise ValueError(
            f"expected x in {dtype} on {device} like the network, found {x.dtype} on {x.device}; "
            "convert one of them"
        )


def _evaluated(network: nn.Module, x: Tensor) -> Any:
    """Evaluate a few samples; what goes wrong in the network is said in words that help."""
    probe = x.clone()
    try:
        with torch.no_grad():
            logits = network(probe)
    except Exception as error:
        raise ValueError(
            f"expected the network to evaluate x of shape {tuple(x.shape)} and {x.dtype}, found "
            f"{type(error).__name__}: {error}; give inputs as the network takes them"
        ) from error
    if not torch.equal(probe.nan_to_num(), x.nan_to_num()):
        raise ValueError(
            "expected a network that leaves its input as it is, found one that changes it in "
            "place; write `x = x - 1` in place of `x -= 1`"
        )
    return logits


def _check_logits(logits: Any, samples: int, y: Tensor) -> None:
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != samples:
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ValueError(
            f"expected logits (n, C) from the network, ({samples}, C) for {samples} samples, found "
            f"{found}; wrap it in a module that returns one row of logits per sample"
        )
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= logits.shape[1]:
        raise ValueError(
            f"expected labels 0 … {logits.shape[1] - 1} for a network of {logits.shape[1]} logits, "
            f"found labels {low} … {high}; give it a logit per class, or renumber the classes"
        )


def _check_leaves(network: nn.Module, x: Tensor) -> None:
    """Follow the graph from the logits to all tensors that they are differentiable in."""
    with torch.enable_grad():
        logits = network(x.clone())
    own = {id(parameter) for parameter in network.parameters()}
    pending, seen = [logits.grad_fn], set()
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in own:
            raise ValueError(
                "expected logits that depend on the network's own parameters, found one that "
                f"depends on a tensor of shape {tuple(leaf.shape)} that is none of them; register "
                "it as nn.Parameter, and let hooks and replaced forward passes use `module.weight` "
                "of the module they are given, not of one they close over"
            )
        pending.extend(parent for parent, _ in node.next_functions)


def _check_loss(loss: Loss, logits: Tensor, y: Tensor) -> None:
    values = loss(logits, y)
    if not isinstance(values, Tensor) or values.shape != y.shape:
        found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(
            f"expected one loss per sample, {tuple(y.shape)} for {len(y)} samples, found {found}; "
            'pass one that does not average, such as partial(cross_entropy, reduction="none")'
        )
