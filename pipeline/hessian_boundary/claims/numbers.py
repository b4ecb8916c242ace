"""Every number that a claim's check can name, by the runs it was measured in."""

from collections.abc import Mapping

import pandas as pd

ALL_RUNS = -1  # stands for the seed of a number that is of the models of all runs

Runs = Mapping[int, float]  # seed -> value
# source ("" for measures) -> (key, quantity) -> values
Numbers = Mapping[str, Mapping[tuple[str, str], Runs]]


def collect(
    measures: pd.DataFrame,
    figures: Mapping[str, pd.DataFrame],
    correlations: pd.DataFrame,
    contrasts: pd.DataFrame | None = None,
) -> Numbers:
    """Gather every number that a check can name; diverged runs have none.

    `measures` is tidy (dataset, training, seed, status, measure, value), `figures` holds each
    figure's (experiment, quantity, seed, value), `correlations` (dataset, measure, tau, low, high),
    `contrasts` (experiment, quantity, seed, value).
    """
    measures = measures[measures["status"] != "diverged"]
    keys = measures["dataset"].astype(str) + "/" + measures["training"].astype(str)
    tables = {"": measures.assign(experiment=keys, quantity=measures["measure"]), **figures}
    if contrasts is not None:
        tables["contrast"] = contrasts
    over_all: dict[tuple[str, str], Runs] = {}
    for row in correlations.itertuples():
        for suffix, value in (("", row.tau), ("_low", row.low), ("_high", row.high)):
            name = (str(row.dataset), f"{row.measure}{suffix}")
            over_all[name] = {ALL_RUNS: float(value)}  # type: ignore[arg-type]
    found: dict[str, Mapping[tuple[str, str], Runs]] = {
        source: _by_run(table) for source, table in tables.items()
    }
    return found | {"correlations": over_all}


def _by_run(table: pd.DataFrame) -> dict[tuple[str, str], dict[int, float]]:
    found: dict[tuple[str, str], dict[int, float]] = {}
    columns = (table[name] for name in ("experiment", "quantity", "seed", "value"))
    for experiment, quantity, seed, value in zip(*columns, strict=True):
        found.setdefault((str(experiment), str(quantity)), {})[int(seed)] = float(value)
    return found
