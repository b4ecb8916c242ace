"""Fisher's Iris flowers: real data, four features and three classes (in scikit-learn)."""

import numpy as np
from sklearn.datasets import load_iris


def generate() -> tuple[np.ndarray, np.ndarray]:
    """Return x (150, 4) float32 in centimetres and y (150,) int64."""
    x, y = load_iris(return_X_y=True)
    return x.astype(np.float32), y.astype(np.int64)
