"""The tidy form in which every step writes what it has measured of one model."""

from collections.abc import Mapping

import pandas as pd

ABOUT = ("dataset", "training", "seed")


def measure_table(
    wildcards: Mapping[str, str], status: str, values: Mapping[str, float]
) -> pd.DataFrame:
    """Return a row per measure: dataset, training, seed, status, measure, value."""
    about = {name: wildcards[name] for name in ABOUT}
    rows = [
        {**about, "status": status, "measure": name, "value": value}
        for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=[*ABOUT, "status", "measure", "value"])
