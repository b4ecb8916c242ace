"""Decision boundaries from logits: the arithmetic behind the panels."""

import numpy as np


def class_margins(logits: np.ndarray) -> np.ndarray:
    """Return m_c = f_c − max_{b ≠ c} f_b, positive where class c is predicted.

    logits and result are (class, …); the boundary of class c is the zero contour of m_c.
    """
    classes = range(len(logits))
    others = [np.max(np.delete(logits, label, axis=0), axis=0) for label in classes]
    return logits - np.stack(others)


def boundary_points(x: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Return where the predicted class changes along a line, by linear interpolation.

    x is (x,) and logits (class, x); the result is sorted.
    """
    points = []
    prediction = logits.argmax(0)
    for i in np.flatnonzero(np.diff(prediction)):
        before, after = prediction[i], prediction[i + 1]
        left, right = logits[before, i : i + 2] - logits[after, i : i + 2]
        points.append(x[i] + left / (left - right) * (x[i + 1] - x[i]))
    return np.array(points)
