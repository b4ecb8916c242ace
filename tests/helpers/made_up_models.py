"""Models of a sweep that were never trained: knobs as planned, measures and errors by formula."""

import numpy as np
import pandas as pd

from hessian_boundary.generalisation.dataset_statistics import Counting
from hessian_boundary.generalisation.knobs import planned_models
from hessian_boundary.generalisation.verdict import Rule

VALUES = {
    "width": [10, 20, 40],
    "depth": [1, 2, 3],
    "label_noise": [0, 0.1, 0.2],
    "epochs": [100, 200, 400],
    "start": ["normal", "adversarial", "large_norm"],
}
DRAWS = {"explore": (0, 1), "confirm": (2, 3)}
DIRECTIONS = {
    "g_theta_max": 1,
    "g_theta_mean": 1,
    "norm_l2": 1,
    "output_margin": -1,
    "train_loss": 1,
}
RULE = Rule(level=0.05, fewest_pairs=30, fewest_pairs_each=10, sign_error=0.5)
COUNTING = Counting(train_error=0.02, fewest_pairs=10, resamples=200, permutations=1000)


def made_up_models(datasets=("gaussian", "circle"), walks=3, seed=0) -> pd.DataFrame:
    """Return models whose test error grows with g_theta_max and falls with output_margin.

    g_theta_mean is noise; norm_l2 is the negative of the error.
    """
    draw = np.random.default_rng(seed)
    rows = []
    for dataset in datasets:
        for half, draws in DRAWS.items():
            planned = planned_models(dataset, half, VALUES, walks, 2)
            for number in draws:
                for model in planned:
                    error = 0.1 + 0.3 * draw.random()
                    rows.append({
                        "dataset": dataset, "half": half, "draw": number, "seed": model.seed,
                        "walk": model.walk, "point": model.point, **model.knobs,
                        "status": "fitted", "refused": "", "test_error": error,
                        "test_error_standard_error": 0.001, "test_samples": 100_000,
                        "train_error": 0.0,
                        "train_loss": draw.random(), "g_theta_max": error + 0.02 * draw.random(),
                        "g_theta_mean": draw.integers(4) / 4, "norm_l2": -error,
                        "output_margin": 1 - error + 0.1 * draw.random(),
                    })  # fmt: skip
    return pd.DataFrame(rows)
