"""The tidy form in which every step writes what it has measured of one model."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

ABOUT = ("dataset", "training", "seed")
COLUMNS = (*ABOUT, "status", "measure", "value")


def measure_table(
    wildcards: Mapping[str, str], model: Mapping[str, Any], values: Mapping[str, float]
) -> pd.DataFrame:
    """Return a row per measure: dataset, training, seed, status, measure, value.

    `model` is the attributes of the model's artifact, from which the status comes.
    """
    about = {name: wildcards[name] for name in ABOUT}
    rows = [
        {**about, "status": run_status(model), "measure": name, "value": value}
        for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def gathered(tables: Iterable[pd.DataFrame], target: str) -> pd.DataFrame:
    """Return the rows of all tables, one below the other.

    Raises ValueError where there is none: the configuration names no model for the target.
    """
    found = list(tables)
    if not found:
        raise ValueError(
            f"{target}: expected models to show, found none in this profile; name some in the "
            "configuration, or a profile that is not `without` their data sets"
        )
    return pd.concat(found, ignore_index=True)


def run_status(model: Mapping[str, Any]) -> str:
    """Return how a training ended: fitted, not fitted, trained or diverged.

    "trained" is a run that did not reach 100 % training accuracy and, by its experiment's
    `presumes_fit: false`, was not expected to: tables do not mark it.
    """
    expected = model["status"] != "not fitted" or model["presumes_fit"]
    return str(model["status"]) if expected else "trained"
