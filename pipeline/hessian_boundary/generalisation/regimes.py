"""The paper's three regimes on several data draws: do other starts generalise worse, and is G_θ up?

The unit is the data draw: seeds on one draw resemble each other. Starts are compared seed by seed,
which share their random numbers, and the differences of a draw averaged.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from hessian_boundary.generalisation.knobs import DEFAULTS, STARTS, PlannedModel
from hessian_boundary.statistics.effect import LEVEL, holm, paired_effect

BASELINE, *OTHERS = STARTS
QUANTITIES = (
    "test_error",
    "g_theta_max",
    "g_theta_mean",
    "gauss_newton_g_theta_max",
    "gauss_newton_g_theta_max_equal_confidence",
)
COLUMNS = (
    *("dataset", "start", "quantity", "models", "draws", "higher", "normal"),
    *("difference", "difference_low", "difference_high"),
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

    `models` has a line per model: dataset, draw, seed, start, and the quantities. `models` in the
    result counts those of the start that have a value. A seed counts where it has a value after
    both starts. normal and difference, with its 95 % interval of t, are means over draws with such
    a seed, higher counts those with a larger value than after the normal start; effect is the
    paired one with its 95 % interval (`statistics.effect`), adjusted_p is Holm's over data sets.
    """
    runs = models.set_index(["dataset", "draw", "seed", "start"])[list(quantities)]
    counts = runs.groupby(["dataset", "start"]).count()
    lines = []
    for dataset in dict.fromkeys(models["dataset"]):
        for start in OTHERS:
            for quantity in quantities:
                by_start = runs.loc[dataset, quantity].unstack("start")
                pairs = by_start.reindex(columns=[BASELINE, start]).dropna().groupby("draw").mean()
                about = {"dataset": dataset, "start": start, "quantity": quantity}
                about["models"] = int(counts.loc[(dataset, start), quantity])
                lines.append(about | _line(pairs))
    table = pd.DataFrame(lines, columns=[*COLUMNS[:-1]])
    families = table.groupby(["start", "quantity"], sort=False)
    table["adjusted_p"] = families["p"].transform(lambda p: np.array(holm(p.tolist())))
    return table


def _line(pairs: pd.DataFrame) -> dict[str, float]:
    differences = (pairs.iloc[:, 1] - pairs.iloc[:, 0]).to_numpy()
    found = paired_effect(differences)
    low, high = _interval(differences)
    return {
        "draws": len(differences),
        "higher": int((differences > 0).sum()),
        "normal": float(pairs.iloc[:, 0].mean()),
        "difference": float(differences.mean()) if len(differences) else np.nan,
        "difference_low": low,
        "difference_high": high,
        "effect": found.size,
        "effect_low": found.low,
        "effect_high": found.high,
        "p": found.p,
    }


def _interval(differences: np.ndarray) -> tuple[float, float]:
    """Return the ends of the 95 % interval of t; NaN for fewer than two differences."""
    count = len(differences)
    if count < 2:
        return np.nan, np.nan
    half = stdtrit(count - 1, (1 + LEVEL) / 2) * differences.std(ddof=1) / np.sqrt(count)
    return float(differences.mean() - half), float(differences.mean() + half)
