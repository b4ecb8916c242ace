"""The part of the input space that is looked at: one range per feature, and the grid on it."""

import numpy as np

Window = tuple[tuple[float, float], ...]
INSTEAD = (
    "maps are drawn of one or two features: take a layout of samples for the figures of this data "
    "set, sample_alignments or embedded_alignments"
)


def grid_window(x: np.ndarray, margin: float) -> Window:
    """Return per feature the range of the data x (sample, feature), widened by `margin` of it.

    Raises ValueError for inputs that are no vectors of features, such as images.
    """
    if x.ndim != 2:
        raise ValueError(
            f"expected inputs that are vectors of features, (sample, feature), found shape "
            f"{x.shape}; {INSTEAD}"
        )
    low, high = x.min(axis=0).astype(float), x.max(axis=0).astype(float)
    pad = margin * (high - low)
    return tuple(zip((low - pad).tolist(), (high + pad).tolist(), strict=True))


def grid_points(window: Window, resolution: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return points (point, feature) of a regular grid and its axes, rows (y) before columns (x).

    Raises ValueError for more than two features.
    """
    if len(window) > 2:
        raise ValueError(
            f"expected inputs with one or two features to draw a grid, found {len(window)}; "
            f"{INSTEAD}"
        )
    axes = [np.linspace(low, high, resolution) for low, high in window]
    points = np.stack(np.meshgrid(*axes, indexing="xy"), axis=-1).reshape(-1, len(axes))
    return points, dict(reversed(list(zip(("x", "y"), axes, strict=False))))
