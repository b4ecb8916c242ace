"""The decision boundary in linear regions: segments where the two largest logits are equal."""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from hessian_boundary.boundary.linear_regions import Layer, Regions, clip, line_values, round_off

BESIDE = 1e-7  # relative to the largest coordinate: how far from a doubtful segment to look


class Segments(NamedTuple):
    """Straight lines: start and end (segment, 2), direction (segment, 2) of unit length.

    classes (segment, 2) are predicted on the left and on the right; the lower one is on the left.
    """

    start: np.ndarray
    end: np.ndarray
    direction: np.ndarray
    classes: np.ndarray

    def where(self, chosen: np.ndarray) -> "Segments":
        """Return the segments that a mask (segment,) chooses."""
        return Segments(*(values[chosen] for values in self))


def nearest_on_segment(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the point nearest to each of points (point, 2) on a segment, which may be a point."""
    step = end - start
    square = step @ step
    share = np.clip((points - start) @ step / square, 0, 1) if square else np.zeros(len(points))
    return np.asarray(start + share[:, None] * step)


def boundary_segments(layers: list[Layer], regions: Regions) -> Segments:
    """Return the segments where the predicted class changes, one per region and pair of classes.

    `regions` carry the logits of the network with these layers. Where the boundary only touches a
    region, in a corner, there is a segment of length zero.
    """
    reach = np.abs(regions.vertices[..., :2]).max(initial=0)
    negligible = round_off(layers, reach)
    pairs = combinations(range(regions.maps.shape[2]), 2)
    found, doubts = zip(*(_candidates(regions, pair, negligible) for pair in pairs), strict=True)
    segments, doubtful = Segments(*map(np.concatenate, zip(*found, strict=True))), np.hstack(doubts)
    asked = segments.where(doubtful)
    to_the_left = BESIDE * reach * np.stack([-asked.direction[:, 1], asked.direction[:, 0]], axis=1)
    middle = (asked.start + asked.end) / 2
    beside = [
        _predictions(layers, middle + step, negligible) for step in (to_the_left, -to_the_left)
    ]
    real = ~doubtful
    real[doubtful] = (np.stack(beside, axis=1) == asked.classes).all(axis=1)
    return segments.where(real)


def _candidates(
    regions: Regions, classes: tuple[int, int], negligible: float
) -> tuple[Segments, np.ndarray]:
    """Segments where a cell of the second class may border on one of the first, and which to doubt.

    A cell is where, in a region, the class has the largest logit. It does not tell what is beyond a
    segment at the edge of the region, nor what is predicted where a third class ties along it.
    """
    left, right = classes
    cells, origin = _cells(regions, right, negligible)
    lines = cells.maps[..., left] - cells.maps[..., right]
    slope = np.hypot(lines[:, 0], lines[:, 1])[:, None]
    # the first class has the larger logit on the left
    direction = np.stack([lines[:, 1], -lines[:, 0]], axis=1) / np.where(slope > 0, slope, 1)
    touching = line_values(cells.vertices, lines, negligible) == 0
    progress = np.einsum("rck,rk->rc", cells.vertices[..., :2], direction)
    first = np.where(touching, progress, np.inf).argmin(axis=1)
    last = np.where(touching, progress, -np.inf).argmax(axis=1)
    ends = np.take_along_axis(cells.vertices, np.stack([first, last], axis=1)[..., None], axis=1)
    at_edge = line_values(regions.vertices[origin], lines, negligible).max(axis=1) <= 0
    third = np.moveaxis(np.delete(cells.maps, classes, axis=2) - cells.maps[..., [left]], 2, 0)
    ties = [(line_values(ends, line, negligible) == 0).all(axis=1) for line in third]
    start, end = np.moveaxis(ends[..., :2], 1, 0)
    segments = Segments(start, end, direction, np.tile(classes, (len(start), 1)))
    met = touching.any(axis=1)
    return segments.where(met), np.any([at_edge, *ties], axis=0)[met]


def _cells(regions: Regions, label: int, negligible: float) -> tuple[Regions, np.ndarray]:
    """The part of each region where a class has the largest logit, and of which region it is."""
    vertices, maps = regions
    origin = np.arange(len(maps))
    for other in range(maps.shape[2]):
        if other == label:
            continue
        gap = line_values(vertices, maps[..., label] - maps[..., other], negligible)
        holds = (gap.max(axis=1) > 0) | (gap == 0).all(axis=1)
        vertices, maps, origin = clip(vertices[holds], gap[holds]), maps[holds], origin[holds]
    return Regions(vertices, maps), origin


def _predictions(layers: list[Layer], points: np.ndarray, negligible: float) -> np.ndarray:
    """The lowest of the classes whose logits are the largest but for round-off."""
    values = points @ layers[0].weight.T + layers[0].bias
    for layer in layers[1:]:
        values = np.maximum(values, 0) @ layer.weight.T + layer.bias
    return (values >= values.max(axis=1, keepdims=True) - negligible).argmax(axis=1)
