"""Maps drawn finer than their grid, with their jumps at the boundary kept."""

import numpy as np
from scipy.ndimage import distance_transform_edt, zoom

FACTOR = 3  # a map of 100 points is at most an inch wide, which has 300 pixels


def finer_map(values: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return values(y, x) linearly interpolated between points that are predicted alike.

    A gradient with the predicted label jumps where the prediction does, so that interpolation
    across the boundary would draw values that no input has. `logits` is (class, y, x); between grid
    points they are interpolated too, and say on which side of the boundary a pixel is. NaN remains
    where the nearest point has it. The corners are those of the grid.
    """
    fine = np.stack([zoom(each, FACTOR, order=1) for each in logits]).argmax(0)
    known, predicted = np.isfinite(values), logits.argmax(0)
    result = np.full(fine.shape, np.nan)
    for label in np.unique(predicted[known]):
        own = known & (predicted == label)
        # outside of its class a map goes on with its nearest value, so that it reaches the boundary
        rows, columns = distance_transform_edt(~own, return_distances=False, return_indices=True)
        result = np.where(fine == label, zoom(values[rows, columns], FACTOR, order=1), result)
    return np.where(zoom(known.astype(float), FACTOR, order=0) > 0.5, result, np.nan)
