"""Linear regions of a ReLU network on the plane, down to those the decision boundary may cross.

Points are homogeneous, p = (x, y, 1), so that an affine function is one vector of three: with the
columns of `maps` (3, unit), unit j is p @ maps[:, j].
"""

from typing import NamedTuple

import numpy as np
from torch import nn

from hessian_boundary.networks.one_logit import TwoLogits
from hessian_boundary.networks.structure import sequence, why_not_traceable

# A point nearer to a line than this, relative to the largest coordinate, is on it: far above the
# round-off of a crossing point (1e-16), far below any distance that matters.
ON_THE_LINE = 1e-12
SUM_ROUND_OFF = 1e-14  # of a sum, relative to the sum of the sizes of its terms
UNITS_BETWEEN_BOUNDS = 25  # cut so many units, then give up the regions that are decided


class Layer(NamedTuple):
    """An affine layer: weight (output, input) and bias (output,), float64."""

    weight: np.ndarray
    bias: np.ndarray

    def after(self, maps: np.ndarray) -> np.ndarray:
        """Apply the layer to affine functions (…, 3, input)."""
        result = maps @ self.weight.T
        result[..., 2, :] += self.bias
        return result


class Regions(NamedTuple):
    """Convex polygons, vertices (region, corner, 3), and the affine maps (region, 3, unit) there.

    Polygons with fewer corners than others repeat one.
    """

    vertices: np.ndarray
    maps: np.ndarray


def affine_layers(module: nn.Module) -> list[Layer]:
    """Return the affine layers of a network on the plane, between which it applies ReLU.

    Consecutive ones are composed; an identity stands before a leading ReLU and after a final one.

    Raises ValueError for a network with other parts, other than two inputs or less than two
    outputs, and for parameters that are not finite.
    """
    if reason := why_not_traceable(module):
        raise ValueError(reason)
    layers = [Layer(np.eye(2), np.zeros(2))]
    for part in sequence(module.network if isinstance(module, TwoLogits) else module):
        if isinstance(part, nn.Linear):
            weight = part.weight.detach().double().cpu().numpy()
            bias = 0 if part.bias is None else part.bias.detach().double().cpu().numpy()
            before = layers.pop()
            layers.append(Layer(weight @ before.weight, weight @ before.bias + bias))
        elif isinstance(part, nn.ReLU):
            units = len(layers[-1].bias)
            layers.append(Layer(np.eye(units), np.zeros(units)))
    if isinstance(module, TwoLogits):  # the logits are (0, f)
        before, both = layers.pop(), np.array([[0.0], [1.0]])
        layers.append(Layer(both @ before.weight, both @ before.bias))
    return layers


def undecided_regions(layers: list[Layer], corners: np.ndarray) -> Regions:
    """Return the linear regions, with their logits, in which more than one class may be predicted.

    The convex polygon with the given corners (corner, 2) is cut along the zero line of each unit,
    layer by layer; a part is given up as soon as bounds show one logit to be the largest all over
    it. A unit that is zero over a whole region (a dead one) cuts nothing there, nor does one
    whose zero line touches the region only within `ON_THE_LINE`.
    """
    vertices = np.concatenate([corners, np.ones((len(corners), 1))], axis=1)[None]
    regions = Regions(vertices, layers[0].after(np.eye(3)[None, :, :2]))
    last, negligible = layers[-1], round_off(layers, np.abs(corners).max())
    # all f_a − f_b: their bounds are tighter than differences of bounds
    gaps = Layer(
        (last.weight[:, None] - last.weight).reshape(-1, last.weight.shape[1]),
        (last.bias[:, None] - last.bias).reshape(-1),
    )
    for depth, layer in enumerate(layers[1:], start=1):
        units = regions.maps.shape[2]
        for first in range(0, units, UNITS_BETWEEN_BOUNDS):
            regions = _cut(regions, range(units)[first : first + UNITS_BETWEEN_BOUNDS])
            undecided = ~_decided(regions, [*layers[depth:-1], gaps], negligible)
            regions = Regions(regions.vertices[undecided], regions.maps[undecided])
        active = np.einsum("rck,rku->ru", *regions) > 0
        regions = regions._replace(maps=layer.after(regions.maps * active[:, None]))
    return regions


def round_off(layers: list[Layer], reach: float) -> float:
    """Bound the round-off of the logits at inputs whose coordinates are up to `reach`."""
    size = np.full(2, reach)
    for layer in layers:
        size = np.abs(layer.weight) @ size + np.abs(layer.bias)
    return SUM_ROUND_OFF * size.max()


def line_values(vertices: np.ndarray, lines: np.ndarray, negligible: float = 0) -> np.ndarray:
    """Evaluate a line (region, 3) per polygon at its vertices; on it, the value is exactly zero."""
    values = np.einsum("rck,rk->rc", vertices, lines)
    reach = ON_THE_LINE * np.abs(vertices[..., :2]).max(initial=0)
    slope = np.hypot(lines[:, 0], lines[:, 1])[:, None]
    values[np.abs(values) <= np.maximum(reach * slope, negligible)] = 0
    return values


def clip(vertices: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the part of each polygon where the values, affine in between, are not negative.

    Source: Sutherland and Hodgman (1974), for all polygons at once.
    """
    ahead, values_ahead = np.roll(vertices, -1, axis=1), np.roll(values, -1, axis=1)
    crosses = values * values_ahead < 0
    share = np.divide(values, values - values_ahead, where=crosses, out=np.zeros_like(values))
    crossing = vertices + share[..., None] * (ahead - vertices)
    repeated = (vertices == ahead).all(axis=2)
    shape = (len(vertices), 2 * vertices.shape[1])
    candidates = np.stack([vertices, crossing], axis=2).reshape(*shape, 3)
    kept = np.stack([(values >= 0) & ~repeated, crosses], axis=2).reshape(shape)
    order = np.argsort(~kept, axis=1, kind="stable")
    count = kept.sum(axis=1)
    corner = np.minimum(np.arange(count.max(initial=1)), count[:, None] - 1)
    chosen = np.take_along_axis(order, corner, axis=1)
    return np.take_along_axis(candidates, chosen[..., None], axis=1)


def _cut(regions: Regions, units: range) -> Regions:
    """Cut the polygons along the zero lines of some units."""
    vertices, maps = regions
    origin = np.arange(len(vertices))
    for unit in units:
        values = line_values(vertices, maps[origin, :, unit])
        crossed = (values.min(axis=1) < 0) & (values.max(axis=1) > 0)
        halves = [clip(vertices[crossed], sign * values[crossed]) for sign in (1, -1)]
        vertices = _stack([vertices[~crossed], *halves])
        origin = np.concatenate([origin[~crossed], origin[crossed], origin[crossed]])
    return Regions(vertices, maps[origin])


def _stack(polygons: list[np.ndarray]) -> np.ndarray:
    corners = max(part.shape[1] for part in polygons)
    padding = [[(0, 0), (0, corners - part.shape[1]), (0, 0)] for part in polygons]
    return np.concatenate(
        [np.pad(part, pad, mode="edge") for part, pad in zip(polygons, padding, strict=True)]
    )


def _decided(regions: Regions, layers: list[Layer], negligible: float) -> np.ndarray:
    """Whether bounds show that one class a has f_a > f_b for all b, everywhere in a region.

    `layers` are those after the regions' units, the last one giving all f_a − f_b. Every unit lies
    between two parallel affine functions, and so does its ReLU, between a chord and its parallel
    through zero (the zonotope relaxation of Singh et al., 2018).
    """
    vertices, maps = regions
    low = high = np.zeros(maps.shape[::2])
    for layer in layers:
        values = vertices @ maps
        lowest = np.minimum(values.min(axis=1) + low, 0)
        highest = np.maximum(values.max(axis=1) + high, 0)
        chord = np.divide(highest, highest - lowest, where=highest > 0, out=np.zeros_like(highest))
        low, high = chord * low, chord * (high - lowest)
        rising, falling = np.maximum(layer.weight, 0).T, np.minimum(layer.weight, 0).T
        low, high = low @ rising + high @ falling, high @ rising + low @ falling
        maps = layer.after(maps * chord[:, None])
    classes = round(maps.shape[2] ** 0.5)
    gap = ((vertices @ maps).min(axis=1) + low).reshape(-1, classes, classes)
    wins = (gap > negligible) | np.eye(classes, dtype=bool)
    return wins.all(axis=2).any(axis=1)
