"""The numbers of every run that a figure of measures shows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hessian_boundary.figures.quantities.colouring import is_number

AXES = ("x", "y")


def runs_table(measures: Sequence[pd.DataFrame], settings: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row per run: experiment, seed, x, y and, where the settings name one, colour.

    `measures` has a tidy table (seed, measure, value) per experiment. What `settings` calls x, y
    and colour is a measure or, if it is among `values`, a setting with a value per experiment. What
    a run lacks is NaN.

    Raises ValueError for a measure that no run has, and for an axis that has no numbers.
    """
    named = {axis: settings[axis] for axis in AXES}
    if settings.get("colour") is not None:
        named["colour"] = settings["colour"]
    rows = []
    for number, (experiment, table) in enumerate(
        zip(settings["experiments"], measures, strict=True)
    ):
        for seed, found in table.groupby("seed"):
            own = dict(zip(found["measure"], found["value"], strict=True))
            own |= {name: values[number] for name, values in settings["values"].items()}
            about = {"experiment": experiment, "seed": int(seed)}
            rows.append(about | {axis: own.get(name) for axis, name in named.items()})
    _check_measures(named, measures, settings["values"])
    runs = pd.DataFrame(rows, columns=["experiment", "seed", *named], dtype=object)
    for axis in AXES:
        _check_numbers(axis, named[axis], runs[axis].dropna())
    return runs.astype(dict.fromkeys(AXES, float))


def _check_measures(
    named: Mapping[str, str], measures: Sequence[pd.DataFrame], values: Mapping[str, Any]
) -> None:
    known = {name for table in measures for name in table["measure"]}
    for axis, name in named.items():
        if name not in known and name not in values:
            raise ValueError(
                f"expected the measure {name!r} of some run, found {sorted(known)}; change the "
                f"figure's `{axis}`"
            )


def _check_numbers(axis: str, name: str, values: pd.Series) -> None:
    for value in values:
        if not is_number(value):
            raise ValueError(
                f"expected numbers on the axis {axis}, found {value!r} for {name}; show it as "
                "`colour`, or take another key or a measure"
            )
