"""Are samples that lie side by side in a plane aligned alike (Appendix K.2)?"""

import numpy as np
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors

NEIGHBOURS = 10  # fewer where there are not so many


def neighbour_order(points: np.ndarray, alignment: np.ndarray) -> float:
    """Return the mean over eigenvectors of Spearman's correlation of a sample and its neighbours.

    A sample's A_i is set against the mean A_i of its ten nearest neighbours: 0 where a picture's
    colours are mixed. `points` (sample, coordinate) and `alignment` (eigen, sample); samples
    without a direction (NaN) are left out. NaN where nothing varies.
    """
    known = np.isfinite(alignment).all(axis=0)
    points, alignment = points[known], alignment[:, known]
    if len(points) < 3:
        return float("nan")
    nearest = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(points) - 1)).fit(points)
    neighbours = nearest.kneighbors(return_distance=False)  # without the sample itself
    found = [
        spearmanr(values, values[neighbours].mean(axis=1)).statistic
        for values in alignment
        if np.ptp(values) > 0
    ]
    return float(np.mean(found)) if found else float("nan")
