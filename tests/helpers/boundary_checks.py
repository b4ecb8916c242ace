"""What holds of every exact boundary, and how many parts one has."""

import numpy as np
import xarray as xr
from torch import nn

from helpers.plane_networks import grid_crossings, logits
from hessian_boundary.boundary.exact import distance_to_boundary


def assert_is_the_boundary(module: nn.Module, boundary: xr.Dataset) -> None:
    crossings = grid_crossings(module)
    distance = distance_to_boundary(crossings, boundary)["distance"].values
    assert (distance < 1e-12).all(), "no change of the predicted class is missed"
    step = (boundary["end"] - boundary["start"]).values
    length = np.hypot(*step.T)
    left = np.stack([-step[:, 1], step[:, 0]], axis=1) / length[:, None]
    for share in (0.1, 0.37, 0.8):
        points = boundary["start"].values + share * step
        highest = np.sort(logits(module, points), axis=1)[:, -2:]
        np.testing.assert_allclose(highest[:, 0], highest[:, 1], atol=1e-12)
        for side, sign in (("left", 1), ("right", -1)):
            predicted = logits(module, points + sign * 1e-7 * left).argmax(1)
            expected = boundary["classes"].sel(side=side).values
            np.testing.assert_array_equal(predicted[length > 1e-5], expected[length > 1e-5])


def counts(boundary: xr.Dataset) -> tuple[int, ...]:
    return tuple(boundary.attrs[name] for name in ("segments", "pieces", "parts", "closed_parts"))
