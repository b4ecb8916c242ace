"""Are two classes equally likely on the boundary, and predicted on its two sides?"""

import numpy as np
import torch
import xarray as xr
from torch import nn

from hessian_boundary.certificates.certificate import Certificate, certify, spread
from hessian_boundary.networks.copies import copy_network

CHECKED = 200  # pieces
TOLERANCE = 1e-8  # relative to the largest logit there
WAY_OUT = "the network is not the piecewise linear one it seems: please report it"
BESIDE = 1e-6  # relative to the window: how far from a piece to look


def certify_boundary(
    network: nn.Module, boundary: xr.Dataset, round_off: float
) -> list[Certificate]:
    """Check |f_a − f_b| at the middle of pieces, and the classes predicted beside it.

    Logits that differ by no more than `round_off`, that of the sums which make them, are equal:
    where a unit's terms cancel over an area, the sign of what remains says nothing. At a piece
    that is shorter than the step to its side, other pieces may be in between: there only the
    logits are compared.

    Raises CertificateError when the network itself says otherwise.
    """
    chosen = spread(boundary.sizes["piece"], CHECKED)
    if not chosen:
        return []
    pieces = boundary.isel(piece=chosen)
    network = copy_network(network).double()  # the boundary is that of the exact sums
    step = BESIDE * np.ptp(np.array(boundary.attrs["window"]), axis=1).max()
    return [_equal_logits(network, pieces), _classes_beside(network, pieces, step, round_off)]


def _equal_logits(network: nn.Module, pieces: xr.Dataset) -> Certificate:
    logits = _logits(network, _middle(pieces))
    gap = np.abs(np.subtract(*np.take_along_axis(logits, pieces["classes"].values, axis=1).T))
    return certify(
        "logits on the boundary",
        float((gap / np.maximum(np.abs(logits).max(axis=1), 1)).max()),
        TOLERANCE,
        "two equal logits in the middle of every piece",
        f"logits {gap.max():.2e} apart",
        WAY_OUT,
    )


def _classes_beside(
    network: nn.Module, pieces: xr.Dataset, step: float, round_off: float
) -> Certificate:
    along, middle = (pieces["end"] - pieces["start"]).values, _middle(pieces)
    length = np.hypot(*along.T)
    to_the_left = step * np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    sides = [_logits(network, middle + move) for move in (to_the_left, -to_the_left)]
    largest = [
        _among_largest(logits, labels, round_off)
        for logits, labels in zip(sides, pieces["classes"].values.T, strict=True)
    ]
    wrong = ~np.all(largest, axis=0) & (length > 10 * step)
    return certify(
        "classes beside the boundary",
        float(wrong.mean()),
        # where three classes meet or pieces run side by side, a third one may be predicted there
        0.1,
        "the two classes of a piece to be predicted on its sides",
        f"others beside {int(wrong.sum())} of {len(wrong)} pieces",
        WAY_OUT,
    )


def _middle(pieces: xr.Dataset) -> np.ndarray:
    return np.asarray((pieces["start"] + pieces["end"]).values / 2)


def _among_largest(logits: np.ndarray, labels: np.ndarray, round_off: float) -> np.ndarray:
    """Whether each label's logit is the largest, or equal to it but for round-off."""
    return np.asarray(logits[range(len(labels)), labels] >= logits.max(axis=1) - round_off)


def _logits(network: nn.Module, points: np.ndarray) -> np.ndarray:
    like = next(network.parameters())
    with torch.no_grad():
        values = network(torch.from_numpy(points).to(like.device))
    return np.asarray(values.cpu())
