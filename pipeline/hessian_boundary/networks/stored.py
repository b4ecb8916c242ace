"""Networks in model artifacts: what is stored beside the parameters, and the way back.

An artifact holds numbers, not code, so a network comes back by building it again. All that its
`build` draws and does not register as a parameter or buffer comes from the stored seed, and the
logits of a few training samples, stored too, tell whether it is the network that was trained.
"""

import json

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from hessian_boundary.losses.per_sample import Loss, loss_per_sample, trained_loss
from hessian_boundary.networks.building import build_model
from hessian_boundary.networks.conversion import converted
from hessian_boundary.networks.evaluation import eval_logits
from hessian_boundary.networks.parameters import (
    buffer_vector,
    frozen_vector,
    load_buffer_vector,
    load_frozen_vector,
    load_parameter_vector,
    parameter_vector,
)

PROBES = 4  # training samples whose logits are stored
# Of the largest logit. Another processor or number of threads rounds float32 differently, by about
# 1e-6; another mask, permutation or untracked tensor changes logits by as much as they are.
LOGIT_TOLERANCE = 1e-3
INPUT_DIMENSIONS = {1: ("feature",), 3: ("channel", "row", "column")}

Variables = dict[str, tuple]


def network_variables(module: nn.Module, x: Tensor) -> Variables:
    """Return what the artifact of a trained module holds beside its parameters.

    `buffers`(buffer) and `frozen`(frozen_parameter), where there are any; `probe_x`(probe, …) are
    the first samples of x (n, feature…), and `probe_logits`(probe, class) what the network gives
    for them in eval mode, float32.
    """
    variables: Variables = {}
    if len(buffers := buffer_vector(module)):
        variables["buffers"] = ("buffer", buffers.numpy())
    if len(frozen := frozen_vector(module)):
        about = {"long_name": "parameters that are not trained"}
        variables["frozen"] = ("frozen_parameter", frozen.numpy(), about)
    probes = x[:PROBES]
    dimensions = INPUT_DIMENSIONS[probes.ndim - 1]
    variables["probe_x"] = (("probe", *dimensions), probes.numpy(), {"long_name": "input"})
    logits = eval_logits(module, probes.clone()).numpy()
    variables["probe_logits"] = (("probe", "class"), logits, {"long_name": "logit after training"})
    return variables


def parameter_numbers(module: nn.Module) -> dict[str, int]:
    """Return the number of parameters that are trained, and of all."""
    trained = len(parameter_vector(module))
    frozen = len(frozen_vector(module))
    return {"trainable_parameters": trained, "all_parameters": trained + frozen}


def load_network(module: nn.Module, model: xr.Dataset, epoch: int | None = None) -> None:
    """Write the parameters and buffers of a model artifact into a module, trained or at an epoch.

    Raises ValueError for an epoch of which there is no checkpoint, and for a module that has not
    as many numbers of each kind.
    """
    at_epoch = {} if epoch is None else _checkpoint(model, epoch)
    load_parameter_vector(module, at_epoch.get("parameters", _tensor(model, "parameters")))
    load_frozen_vector(module, _tensor(model, "frozen"))
    load_buffer_vector(module, at_epoch.get("buffers", _tensor(model, "buffers")))


def build_seed(model: xr.Dataset) -> int:
    """Return the seed that the network of a model artifact was built with.

    Raises ValueError for an artifact of an earlier version, which does not say.
    """
    missing = [name for name in ("probe_x", "probe_logits") if name not in model]
    missing += ["the attribute build_seed"] * ("build_seed" not in model.attrs)
    if "checkpoints" in model and "buffers" in model and "checkpoint_buffers" not in model:
        missing.append("checkpoint_buffers")
    if missing:
        raise ValueError(
            f"expected a model artifact with {' and '.join(missing)}, found one of an earlier "
            "version, without; delete the file and run the training again"
        )
    return int(model.attrs["build_seed"])


def losses_of(model: xr.Dataset, labels: Tensor) -> tuple[Loss, Loss]:
    """Return the loss that H is taken of: of each sample, and as the mean of samples `labels` (n,).

    It is the one that was trained, with its label smoothing and class weights, unless the
    attribute `hessian_loss` says "plain". Artifacts of earlier versions have neither.
    """
    found = model.attrs
    smoothing, weights = found.get("label_smoothing", 0.0), found.get("class_weights", [])
    if found.get("hessian_loss") == "plain":
        smoothing, weights = 0.0, []
    asked = (found["loss"], smoothing, weights)
    return loss_per_sample(*asked, labels), trained_loss(*asked)


def trained_module(
    model: xr.Dataset, dtype: torch.dtype, device: torch.device, epoch: int | None = None
) -> nn.Module:
    """Rebuild the network of a model artifact, in eval mode, trained or at a stored epoch.

    Raises ValueError for an epoch of which the model has no checkpoint, for an artifact of an
    earlier version, and when the rebuilt network does not give the stored logits.
    """
    attributes = model.attrs
    seed = build_seed(model)
    probes = _tensor(model, "probe_x")
    architecture = json.loads(attributes["architecture"])
    shape, classes = attributes["input_shape"], attributes["classes"]
    module = build_model(architecture, shape, classes, seed, probes).eval()
    load_network(module, model)
    _compare(eval_logits(module, probes).numpy(), model["probe_logits"].values, architecture)
    if epoch is not None:
        load_network(module, model, epoch)
    return converted(module, device, dtype)


def _compare(found: np.ndarray, stored: np.ndarray, architecture: dict) -> None:
    finite = np.abs(stored[np.isfinite(stored)])
    tolerance = LOGIT_TOLERANCE * float(finite.max(initial=0))
    if found.shape == stored.shape:
        same = np.isclose(found, stored, rtol=0, atol=tolerance, equal_nan=True)
        if same.all():
            return
        probe, label = np.argwhere(~same)[0]
        what = f"{found[probe, label]:.9g} for logit {label} of training sample {probe}"
        wanted = f"{stored[probe, label]:.9g} within {tolerance:.2g}"
    else:
        what, wanted = f"logits {found.shape}", f"logits {stored.shape}"
    raise ValueError(
        f"expected {wanted}, as stored after training, from the rebuilt network of architecture "
        f"{architecture['name']!r}, found {what}; it computes with numbers that are neither "
        "parameters nor buffers, and that training changed or `build` drew anew: register them "
        "with register_buffer, and train again"
    )


def _checkpoint(model: xr.Dataset, epoch: int) -> dict[str, Tensor]:
    epochs = model["checkpoint_epoch"].values if "checkpoint_epoch" in model else np.empty(0)
    if epoch not in epochs:
        raise ValueError(
            f"expected a checkpoint among epochs {epochs.tolist()}, found {epoch}; add it to the "
            "experiment's `checkpoints`"
        )
    row = np.flatnonzero(epochs == epoch)[0]
    names = {"parameters": "checkpoints", "buffers": "checkpoint_buffers"}
    return {
        kind: torch.from_numpy(model[name].values[row])
        for kind, name in names.items()
        if name in model
    }


def _tensor(model: xr.Dataset, name: str) -> Tensor:
    """Return the values of a variable; without it, none."""
    return torch.from_numpy(model[name].values) if name in model else torch.empty(0)
