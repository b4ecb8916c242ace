"""How good is the estimate of the margin of Appendix I.3? From many starts, against the exact one.

The estimate is the distance of x_b, an input that is sought by gradient descent, from two training
samples. The paper shows it for two networks, from one start each.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from hessian_boundary.boundary.exact import distance_to_boundary
from hessian_boundary.statistics.partial_tau import tau_within

NEAR = 0.25  # an estimate counts as right within a quarter of the exact margin
ON_BOUNDARY = 0.99  # cos² of x_b with v_1 from which on the search has come to its end
ALL = "all"
COLUMNS = ("start", "squared_cosine", "distance", "margin_estimated", "margin_true")


Start = tuple[np.ndarray, float, float]  # x_b (feature,), its cos², the margin estimated from it


def starts_table(found: Iterable[Start], boundary: xr.Dataset) -> pd.DataFrame:
    """Return (start, squared_cosine, distance, margin_estimated, margin_true) of one model.

    `boundary` is the decision_boundary artifact. distance: of x_b from the exact boundary, 0
    where the search succeeds; margin_true: the smallest distance of a training sample.
    """
    true = float(boundary["distance"].min())
    rows = []
    for start, (x_boundary, squared_cosine, estimated) in enumerate(found):
        distance = float(distance_to_boundary(x_boundary[None], boundary)["distance"][0])
        rows.append((start, squared_cosine, distance, estimated, true))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def compare_margins(starts: pd.DataFrame) -> pd.DataFrame:
    """Return a row per experiment, and one for all models together, of many models' starts.

    `starts` has the columns of `starts_table`, with dataset, training and seed. Returns experiment,
    models, starts (of all models), margin_true (mean), margin_estimated (median of all starts),
    low and high (its 10th and 90th percentile), spread (median over models of the standard
    deviation over starts divided by the exact margin), near (share of the starts within 25 % of
    the exact margin), on_boundary (share whose cos² reaches 0.99), and tau: Kendall's τ_b of the
    models' median estimates with their exact margins within each experiment, weighted by pairs (NaN
    for fewer than three models). It has no p: models that start from one network depend on each
    other.

    Raises ValueError where no model has a start: none of them has an exact boundary.
    """
    if starts.empty:
        raise ValueError(
            "expected models whose boundary is exact, of two features and layers of Linear and "
            "ReLU, found none; name others in `margins.experiments` of the configuration"
        )
    named = starts.assign(experiment=starts["dataset"] + "/" + starts["training"])
    groups = [*named.groupby("experiment", sort=False)]
    groups += [(ALL, named)] if len(groups) > 1 else []
    return pd.DataFrame([{"experiment": name, **_summary(part)} for name, part in groups])


def _summary(starts: pd.DataFrame) -> dict[str, float]:
    models = starts.groupby(["experiment", "seed"])
    true, estimate = models["margin_true"].first(), models["margin_estimated"].median()
    known = starts["margin_estimated"].dropna()
    off = abs(starts["margin_estimated"] / starts["margin_true"] - 1)
    return {
        "models": len(true),
        "starts": len(starts),
        "margin_true": float(true.mean()),
        "margin_estimated": float(known.median()),
        "low": float(known.quantile(0.1)),
        "high": float(known.quantile(0.9)),
        "spread": float((models["margin_estimated"].std() / true).median()),
        "near": float((off <= NEAR).mean()),
        "on_boundary": float((starts["squared_cosine"] >= ON_BOUNDARY).mean()),
        "tau": _tau(estimate.dropna(), true),
    }


def _tau(estimate: pd.Series, true: pd.Series) -> float:
    """Return τ within experiments of margins (experiment, seed), of those with three and more."""
    sizes = estimate.groupby(level="experiment").transform("size")
    estimate = estimate[sizes >= 3]
    if estimate.empty:
        return np.nan
    experiment = estimate.index.get_level_values("experiment").to_numpy()
    once = np.ones((1, len(estimate)))
    exact = true[estimate.index].to_numpy()
    return float(tau_within(estimate.to_numpy(), exact, experiment, once)[0])
