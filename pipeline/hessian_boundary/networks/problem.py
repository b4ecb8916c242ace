"""A network with the samples, labels and loss that its Hessian is taken of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hessian_boundary.data.arrays import as_inputs, as_labels
from hessian_boundary.losses.normalised import check_not_a_softmax, of_normalised
from hessian_boundary.losses.per_sample import PER_SAMPLE, Loss
from hessian_boundary.losses.recognised import recognised
from hessian_boundary.networks.conversion import converted
from hessian_boundary.networks.copies import copy_network, copy_with_layer
from hessian_boundary.networks.one_logit import (
    TwoLogits,
    check_not_a_sigmoid,
    is_one_logit,
    loss_of_two_logits,
)
from hessian_boundary.networks.parameters import parameter_count, trainable_parameters
from hessian_boundary.networks.precision_checks import check_precision
from hessian_boundary.networks.problem_checks import (
    check_leaves,
    check_logits,
    check_loss,
    check_parameters,
    check_same_parameters,
    check_samples,
    evaluated,
)
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
        check_samples(self.x, self.y)
        check_parameters(self.network, self.x)
        few, labels = self.x[:PROBED], self.y[:PROBED]
        logits = evaluated(self.network, few)
        if is_one_logit(logits, len(few)):
            check_not_a_sigmoid(self.network, few)
            object.__setattr__(self, "loss", loss_of_two_logits(self.loss, logits))
            object.__setattr__(self, "network", TwoLogits(self.network).eval())
            logits = evaluated(self.network, few)
        check_logits(logits, len(few), self.y)
        check_leaves(self.network, few)
        check_same_parameters(self.network, few)
        check_loss(self.loss, logits, labels)
        check_precision(self.network, few, self.loss, labels)
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
        place = torch.device(device)
        module = converted(copy_network(network).eval(), place, dtype)
        inputs, labels = as_inputs(x, dtype).to(place), as_labels(y).to(place)
        function = loss_by_name(loss)
        if isinstance(function, nn.Module):  # with weights of classes, or parameters of its own
            function = converted(copy_network(function), place, dtype)
        made = cls(module, inputs, labels, function)
        # here and not in general: the library's own forms of a loss are equal in value, too
        found = recognised(made.loss, made.classes)
        with torch.no_grad():
            logits = made.network(inputs[:PROBED].clone())
        object.__setattr__(made, "loss", of_normalised(found, logits))
        check_not_a_softmax(made.network, inputs[:PROBED], made.loss)
        return made

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
        """Return the problem of the samples of one class (Appendix F).

        Raises ValueError for a class without samples.
        """
        chosen = self.y == label
        if not chosen.any():
            raise ValueError(
                f"expected a class among those of the samples, {self.y.unique().tolist()}, "
                f"found {label}; name one of them in the view"
            )
        return replace(self, x=self.x[chosen], y=self.y[chosen])

    def of_layer(self, name: str) -> "Problem":
        """Return the problem over the parameters of one layer; the others stay what they are.

        Its Hessian is a block of the whole one, its gradients are the layer's part of them.

        Raises ValueError for a name that no layer with trainable parameters has
        (`copies.copy_with_layer`).
        """
        return replace(self, network=copy_with_layer(self.network, name, self.x[:PROBED]))


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
