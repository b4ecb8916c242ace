"""A claim as it stands in the list, and the targets that it may name; numbers to judge it."""

import pandas as pd

from hessian_boundary.statistics.correlations import COLUMNS

ENTRY = {"where": "Section 3", "says": "It holds.", "figures": ["fig01"], "checks": ["a/b:g < 1"]}
TARGETS = ["fig01", "fig02", "table1"]
CHECKS = ["a/n:g < a/m:g", "a/n:g > 1.2", "a/n:g < 1", "fig01:a/n:q > 0.1", "b/n:g < 1"]


def numbers() -> dict[str, pd.DataFrame]:
    """Return made-up tables: measures of two trainings and seeds, no correlations, a figure's."""
    rows = [("a", training, seed, "fitted", "g", value + seed)
            for training, value in (("n", 1.0), ("m", 5.0)) for seed in (0, 1)]  # fmt: skip
    rows[3] = ("a", "m", 1, "fitted", "g", 6.1)  # differences of 4 and 4.1
    columns = ["dataset", "training", "seed", "status", "measure", "value"]
    return {
        "measures": pd.DataFrame(rows, columns=columns),
        "correlations": pd.DataFrame(columns=COLUMNS),
        "fig01": pd.DataFrame([("a/n", "q", 0.5)], columns=["experiment", "quantity", "value"]),
    }  # fmt: skip
