"""The exact decision boundary of a ReLU network on the plane: its straight pieces and distances.

PAPER: "the geometric complexity of the decision boundary [is] the number of its linear segments",
after Kienitz et al.; the paper defines it and never counts them. Here they are counted.
"""

import numpy as np
import xarray as xr
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from torch import nn

from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.boundary.linear_regions import affine_layers, round_off, undecided_regions
from hessian_boundary.boundary.segments import Segments, boundary_segments, nearest_on_segment
from hessian_boundary.certificates.boundary import certify_boundary
from hessian_boundary.certificates.certificate import as_attribute
from hessian_boundary.data.input_window import Window

# Relative to the window's largest coordinate. Ends of segments nearer than this are one point, and
# what is shorter is no segment: the two regions at an edge compute where the boundary crosses it
# to 1e-16, divided by the sine of the angle.
SAME_POINT = 1e-9
# Radians. Where a unit that does not tell the two classes apart is switched on, the boundary goes
# straight on but for round-off; in trained networks there were genuine kinks of 6e-7.
STRAIGHT = 1e-9


def exact_boundary(module: nn.Module, window: Window) -> xr.Dataset:
    """Return where the predicted class changes in the closed window ((x₀, x₁), (y₀, y₁)).

    In each linear region the logits are affine, so there the boundary between classes a and b is
    the straight segment on which f_a = f_b are the largest, exact to float64's round-off. At ties
    the lower class is predicted, as by argmax: where two logits are identical over an area, at
    most the outline of the area is boundary.

    Returns start(piece, feature), end(piece, feature); classes(piece, side), those predicted on
    the left and the right of the way from start to end, the lower one on the left; part(piece),
    the connected part of the boundary that the piece belongs to; and the attributes
      segments: number of segments, one per linear region that the boundary crosses;
      pieces: number of maximal straight ones. Segments between the same classes are one piece
        where they alone meet and their directions differ by no more than 1e-9 radians;
      length: of all together, in the units of the inputs;
      turning: sum of the angles between those that meet so, in radians, which counts a kink by how
        much it bends the boundary;
      parts, closed_parts: number of connected parts, and of those without a free end;
      untraced: empty; why there are no pieces, in what `untraced_boundary` returns.

    Raises ValueError for a network that is not a sequence of Linear and ReLU, does not lead from
    two features to two or more logits or has parameters that are not finite, and for a window that
    is not two increasing ranges. Raises CertificateError when the network itself does not have two
    equal logits on the pieces.
    """
    (x_low, x_high), (y_low, y_high) = _checked_window(window)
    corners = np.array([[x_low, y_low], [x_high, y_low], [x_high, y_high], [x_low, y_high]])
    layers = affine_layers(module)
    segments = boundary_segments(layers, undecided_regions(layers, corners))
    reach = np.abs(corners).max()
    boundary = _pieces(segments, SAME_POINT * reach)
    boundary.attrs |= {"window": [[x_low, x_high], [y_low, y_high]], "untraced": ""}
    checks = certify_boundary(module, boundary, round_off(layers, reach))
    return boundary.assign_attrs(checks=as_attribute(checks))


def untraced_boundary(window: Window, reason: str) -> xr.Dataset:
    """Return what `exact_boundary` returns, without pieces; the attribute `untraced` says why."""
    nothing = np.empty((0, 2))
    boundary = _pieces(Segments(nothing, nothing, nothing, np.empty((0, 2), dtype=int)), SAME_POINT)
    for name in ("segments", "pieces", "length", "turning", "parts", "closed_parts"):
        del boundary.attrs[name]  # unknown, not zero
    return boundary.assign_attrs(window=[list(side) for side in window], untraced=reason)


def distance_to_boundary(points: np.ndarray, boundary: xr.Dataset) -> xr.Dataset:
    """Return how far points (n, 2) are from the boundary that `exact_boundary` found.

    Returns distance(sample), Euclidean, infinite where there is no boundary; nearest(sample,
    feature), the nearest point of the boundary, or NaN; and window_distance(sample), the distance
    to the window's edge, negative outside. The boundary outside of the window is not seen: a
    distance is certain where it is not larger than `window_distance`, else it is an upper bound.
    """
    distance, nearest = np.full(len(points), np.inf), np.full((len(points), 2), np.nan)
    for start, end in zip(boundary["start"].values, boundary["end"].values, strict=True):
        foot = nearest_on_segment(points, start, end)
        length = np.hypot(*(points - foot).T)
        nearer = length < distance
        distance[nearer], nearest[nearer] = length[nearer], foot[nearer]
    low, high = np.array(boundary.attrs["window"]).T
    window_distance = np.minimum(points - low, high - points).min(axis=1)
    return xr.Dataset(
        {
            "distance": ("sample", distance, {"long_name": "distance to the decision boundary"}),
            "nearest": (
                ("sample", "feature"),
                nearest,
                {"long_name": "nearest point of the decision boundary"},
            ),
            "window_distance": (
                "sample",
                window_distance,
                {"long_name": "distance to the edge of the window"},
            ),
        }
    )


def _checked_window(window: Window) -> Window:
    ranges = np.array(window, dtype=float)
    if ranges.shape != (2, 2) or not (ranges[:, 0] < ranges[:, 1]).all():
        raise ValueError(
            f"expected a window ((x0, x1), (y0, y1)) with x0 < x1 and y0 < y1, found {window}; "
            "give the range of each of the two features"
        )
    return tuple((float(low), float(high)) for low, high in ranges)


def _pieces(segments: Segments, same_point: float) -> xr.Dataset:
    """Join the segments' ends to nodes, and segments that go straight on to pieces."""
    nodes = end_nodes(segments.start, segments.end, same_point)
    size = nodes.size
    long = nodes[0] != nodes[1]
    segments, nodes = segments.where(long), nodes[:, long]
    before, after = continuations(segments.classes, nodes)
    turn = _angles(segments.direction[before], segments.direction[after])
    straight = np.abs(turn) <= STRAIGHT
    before, after = before[straight], after[straight]
    count = len(segments.start)
    piece = _components(np.stack([before, after], axis=1), count)
    first = np.setdiff1d(np.arange(count), after)
    last = np.setdiff1d(np.arange(count), before)
    first, last = first[np.argsort(piece[first])], last[np.argsort(piece[last])]
    connected = _components(nodes.T, size)
    parts, part = np.unique(connected[nodes[0, first]], return_inverse=True)
    free = np.bincount(nodes.ravel(), minlength=size) == 1
    start, end = segments.start[first], segments.end[last]
    return xr.Dataset(
        {
            "start": (("piece", "feature"), start, {"long_name": "start of a straight piece"}),
            "end": (("piece", "feature"), end, {"long_name": "end of a straight piece"}),
            "classes": (
                ("piece", "side"),
                segments.classes[first],
                {"long_name": "class predicted on this side"},
            ),
            "part": ("piece", part, {"long_name": "connected part of the boundary"}),
        },
        coords={"piece": np.arange(len(first)), "side": string_array(["left", "right"])},
        attrs={
            "segments": count,
            "pieces": len(first),
            "length": float(np.hypot(*(end - start).T).sum()),
            "turning": float(np.abs(turn).sum()),
            "parts": len(parts),
            "closed_parts": len(np.setdiff1d(parts, connected[free])),
        },
    )


def end_nodes(start: np.ndarray, end: np.ndarray, same_point: float) -> np.ndarray:
    """Return nodes (2, segment): labels of starts and ends, equal where they are one point."""
    points = np.concatenate([start, end])
    near = KDTree(points).query_pairs(same_point, output_type="ndarray")
    return _components(near, len(points)).reshape(2, -1)


def continuations(classes: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs (pair,) of segments, the second the only continuation of the first.

    They have the same classes (segment, 2); nodes (2, segment) are those of `end_nodes`.
    """
    start, end = nodes
    size = 1 + nodes.max(initial=0)
    once = (np.bincount(start, minlength=size) == 1) & (np.bincount(end, minlength=size) == 1)
    before = np.flatnonzero(once[end])
    starting_at = np.zeros(size, dtype=int)
    starting_at[start] = np.arange(len(start))
    after = starting_at[end[before]]
    same = (classes[before] == classes[after]).all(axis=1)
    return before[same], after[same]


def _angles(along: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Return the angles (pair,) from directions (pair, 2) to others, in radians."""
    sine = along[:, 0] * ahead[:, 1] - along[:, 1] * ahead[:, 0]
    return np.arctan2(sine, (along * ahead).sum(axis=1))


def _components(pairs: np.ndarray, count: int) -> np.ndarray:
    """Label things 0 … count−1 by the connected set that the pairs (pair, 2) put them in."""
    graph = coo_array((np.ones(len(pairs)), pairs.T), shape=(count, count))
    return connected_components(graph, directed=False)[1]
