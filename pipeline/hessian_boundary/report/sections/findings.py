"""What was found, in at most five sentences made of the measures: the page opens with them."""

from collections.abc import Iterable, Sequence

import pandas as pd

from hessian_boundary.report.comparisons.contrast import Contrast, contrasts
from hessian_boundary.statistics.correlations import POOLED
from hessian_boundary.wording.numbers import p_value

RUN = ["dataset", "training", "seed"]
# a model's comparison with random training gradients in place of eigenvectors (`measures.nulls`)
BEYOND_GRADIENTS = r"contrast:([^/:]+/[^/:]+):contrast > contrast:\1:gradients_contrast_high"
NOT_ASKED = (
    " Whether G_θ predicts generalisation is what the target `generalisation` asks; its results "
    "are not here, or older than an edit that concerns them."
)


def findings(
    measures: pd.DataFrame,
    correlations: pd.DataFrame,
    judged: Sequence[str] = (),
    verdicts: pd.DataFrame | None = None,
) -> tuple[str, ...]:
    """Return sentences on boundary, complexity and generalisation, each where its measures exist.

    `measures` is tidy (dataset, training, seed, measure, value), `correlations` as
    `rank_correlations` returns them. `judged` is what the target `generalisation` answered, if it
    was made: its first sentence stands in the place of the comparison of test errors. `verdicts`
    is a `claim_table`, whose comparisons with random gradients are counted.
    """
    values = {
        str(name): rows.dropna(subset="value").set_index(RUN)["value"]
        for name, rows in measures.groupby("measure")
    }
    asked = NOT_ASKED if verdicts is not None else ""  # a study with the paper's claims
    if judged:
        last = f"Does G_θ predict generalisation? {judged[0]}"
    else:
        last = _compared(values, "test_error", "The test error is higher", asked)
    sentences = [
        _boundary(values, verdicts),
        _compared(values, "pieces", "The exact decision boundary has more linear pieces"),
        _compared(values, "g_theta_max", "G_θ, by the maximum over samples, is higher"),
        _correlated(correlations),
        last,
    ]
    return tuple(filter(None, sentences))


def _boundary(values: dict[str, pd.Series], verdicts: pd.DataFrame | None) -> str:
    """Compare alignment on the boundary with alignment elsewhere, over all trainings."""
    if not {"alignment_at_boundary", "alignment_elsewhere"} <= values.keys():
        return ""
    on, off = (
        values[name].groupby(level=["dataset", "training"]).mean()
        for name in ("alignment_at_boundary", "alignment_elsewhere")
    )
    larger = int((on > off.reindex(on.index)).sum())
    return (
        "The largest |cosine| of a gradient with a top eigenvector is larger on the decision "
        f"boundary than away from it after {larger} of {len(on)} trainings: on average "
        f"{_span(on)} on it, {_span(off)} away from it.{_beyond_gradients(verdicts)}"
    )


def _beyond_gradients(verdicts: pd.DataFrame | None) -> str:
    """Say in how many trainings random training gradients tell less; nothing where not asked."""
    if verdicts is None:
        return ""
    asked = verdicts["check"].astype(str).str.fullmatch(BEYOND_GRADIENTS)
    lines = verdicts[asked & verdicts["holds"].notna()].drop_duplicates("check")
    if lines.empty:
        return ""
    larger = lines["holds"].astype(bool).sum()
    return (
        " The difference is larger than with random training gradients in place of the "
        f"eigenvectors after {larger} of the {len(lines)} trainings where that was asked."
    )


def _compared(values: dict[str, pd.Series], measure: str, words: str, afterwards: str = "") -> str:
    """Compare the adversarial start with normal training, data set by data set."""
    pairs = list(contrasts(values[measure])) if measure in values else []
    if not pairs:
        return ""
    higher = sum(pair.factor > 1 for pair in pairs)
    return (
        f"{words} after an adversarial start than after normal training on {higher} of "
        f"{len(pairs)} data set{'s' if len(pairs) > 1 else ''}{_clearly(pairs)}: by a factor of "
        f"{_span([pair.factor for pair in pairs])}.{afterwards}"
    )


def _clearly(pairs: Sequence[Contrast]) -> str:
    """Say on how many the means are further apart than single runs are; nothing of single runs."""
    known = [pair.apart for pair in pairs if pair.apart == pair.apart]
    larger = sum(d > 1 for d in known)
    return f" (on {larger} by more than one combined standard deviation of runs)" if known else ""


def _span(values: Iterable[float]) -> str:
    found = sorted(values)
    return " to ".join(dict.fromkeys(f"{end:.3g}" for end in (found[0], found[-1])))


def _correlated(correlations: pd.DataFrame) -> str:
    """Say how G_θ goes with the number of boundary pieces, over all trainings."""
    pooled = correlations[correlations["dataset"] == POOLED]
    compared = pooled["measure"].nunique()
    for row in pooled[pooled["measure"] == "g_theta_max"].dropna(subset=["tau"]).itertuples():
        known = pd.notna(row.low)
        low, tau, high = (f"{x:.2f}".replace("-", "−") for x in (row.low, row.tau, row.high))
        interval = f", 95 % interval {low} to {high}" if known else ""
        known = pd.notna(row.adjusted_p)
        p = f", p {p_value(row.adjusted_p)} (adjusted for {compared} measures)" if known else ""
        return (
            f"Kendall’s τ of G_θ with the number of pieces is {tau} over {row.trainings} "
            f"trainings{interval}{p}; 1 is the same order, 0 no relation."
        )
    return ""
