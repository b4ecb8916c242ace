"""The paper's three regimes on several data draws: do other starts generalise worse, and is G_θ up?

The unit is the data draw: seeds on one draw resemble each other, so they are averaged first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hessian_boundary.generalisation.knobs import DEFAULTS, STARTS, PlannedModel
from hessian_boundary.statistics.effect import holm, paired_effect

BASELINE, *OTHERS = STARTS
QUANTITIES = (
    "test_error",
    "g_theta_max",
    "g_theta_mean",
    "gauss_newton_g_theta_max",
    "gauss_newton_g_theta_max_equal_confidence",
)
COLUMNS = (
    *("dataset", "start", "quantity", "draws", "higher", "normal", "difference"),
    *("effect", "effect_low", "effect_high", "p", "adjusted_p"),
)


def planned_regimes(knobs: Mapping[str, Any], seeds: int) -> list[PlannedModel]:
    """Return the three starts with each of `seeds` seeds; all other knobs are the same.

    Raises ValueError for a knob that is not known.
    """
    if unknown := sorted(set(knobs) - set(DEFAULTS)):
        raise ValueError(
            f"expected knobs among {', '.join(DEFAULTS)}, found {unknown[0]!r}; correct "
            "`generalisation.regimes.knobs` in config.yaml"
        )
    return [
        PlannedModel(0, point, seed, DEFAULTS | dict(knobs) | {"start": start})
        for point, start in enumerate(STARTS)
        for seed in range(seeds)
    ]


def compare_regimes(models: pd.DataFrame, quantities: Sequence[str] = QUANTITIES) -> pd.DataFrame:
    """Return `COLUMNS`: how much larger a quantity is than after the normal start, by data set.

    `models` has a line per model: dataset, draw, seed, start, and the quantities. normal and
    difference are means over draws that have both starts, higher counts those with a larger value
    than after the normal start; effect is the paired one with its 95 % interval
    (`statistics.effect`), adjusted_p is Holm's over data sets.
    """
    means = models.groupby(["dataset", "draw", "start"], sort=False)[list(quantities)].mean()
    lines = []
    for dataset in dict.fromkeys(models["dataset"]):
        for start in OTHERS:
            for quantity in quantities:
                by_start = means.loc[dataset, quantity].unstack("start")
                pairs = by_start.reindex(columns=[BASELINE, start]).dropna()
                lines.append(
                    {"dataset": dataset, "start": start, "quantity": quantity, **_line(pairs)}
                )
    table = pd.DataFrame(lines, columns=[*COLUMNS[:-1]])
    families = table.groupby(["start", "quantity"], sort=False)
    table["adjusted_p"] = families["p"].transform(lambda p: np.array(holm(p.tolist())))
    return table


def _line(pairs: pd.DataFrame) -> dict[str, float]:
    differences = (pairs.iloc[:, 1] - pairs.iloc[:, 0]).to_numpy()
    found = paired_effect(differences)
    return {
        "draws": len(differences),
        "higher": int((differences > 0).sum()),
        "normal": float(pairs.iloc[:, 0].mean()),
        "difference": float(differences.mean()) if len(differences) else np.nan,
        "effect": found.size,
        "effect_low": found.low,
        "effect_high": found.high,
        "p": found.p,
    }
