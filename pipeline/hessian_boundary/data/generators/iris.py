"""Fisher's Iris flowers: real data, four features and three classes (in scikit-learn)."""

import numpy as np
from sklearn.datasets import load_iris


def generate() -> tuple[np.ndarray, np.ndarray, dict[str, list[str]]]:
    """Return x (150, 4) float32 in centimetres, y (150,) int64 and the species' names."""
    iris = load_iris()
    names = [str(name) for name in iris.target_names]
    return iris.data.astype(np.float32), iris.target.astype(np.int64), {"class_names": names}
