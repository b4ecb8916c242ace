"""Five random directions in parameter space, against which an alignment is held (Appendix E)."""

import numpy as np

RANDOM_DIRECTIONS = 5  # PAPER: Appendix E, "five randomly sampled directions"
RANDOM_DIRECTION_STATE = 42  # PAPER: the authors' code


def random_directions(parameters: int) -> np.ndarray:
    """Return the five unit vectors (direction, parameter) that set the threshold ε."""
    state = np.random.RandomState(RANDOM_DIRECTION_STATE)
    directions = state.standard_normal((RANDOM_DIRECTIONS, parameters))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions
