"""What the comparison of arithmetics says, in sentences made from its numbers."""

import pandas as pd

from hessian_boundary.report.comparisons.contrast import contrasts
from hessian_boundary.wording.numbers import number

SINGLE, DOUBLE, RESOLVED = "float32_dense", "range", "gauss_newton"
UNCUT, STABLE = "float32_uncut", "float32_stable"  # the eigenvectors of SINGLE, other gradients
NEEDED = {SINGLE, UNCUT, STABLE, DOUBLE, RESOLVED}


def precision_answer(table: pd.DataFrame) -> tuple[str, ...]:
    """Return sentences on a table of `study_precision` with dataset, training and seed in front.

    Empty where one of the methods it speaks about is missing.
    """
    if not set(table["method"]) >= NEEDED:
        return ()
    return (
        _inflation(table),
        _round_off(table),
        _lost(table),
        *(_contrast(table, method, words) for method, words in CONTRASTS.items()),
    )


CONTRASTS = {
    SINGLE: "In single precision with that cut",
    UNCUT: "Without the cut",
    DOUBLE: "In double precision, above the rank tolerance",
    RESOLVED: "Where every gradient is resolved (Gauss–Newton part, high relative precision)",
}


def _inflation(table: pd.DataFrame) -> str:
    cut, uncut, stable = (_factors(table, method) for method in (SINGLE, UNCUT, STABLE))
    return (
        f"G_θ from eigenvectors in single precision is {cut} times the one from double precision "
        "where gradients shorter than 10⁻²⁰ count as unaligned (the last version of the authors' "
        f"code), {uncut} times without that cut, and {stable} times with gradients that keep their "
        "direction."
    )


def _factors(table: pd.DataFrame, method: str) -> str:
    ratio = _values(table, method, "g_theta", "max") / _values(table, DOUBLE, "g_theta", "max")
    return f"{number(ratio.min())} to {number(ratio.max())}"


def _round_off(table: pd.DataFrame) -> str:
    texts = []
    for method in (SINGLE, UNCUT, STABLE):
        round_off = _values(table, method, "counted_round_off", "max")
        share = round_off / _values(table, method, "counted", "max")
        texts.append(f"{share.mean():.0%} (up to {share.max():.0%})")
    return (
        f"Of the eigenvectors that these count, {', '.join(texts[:2])} and {texts[2]} are "
        "round-off: with the exact Hessian their residual is more than half their eigenvalue."
    )


def _lost(table: pd.DataFrame) -> str:
    double, resolved = (
        _values(table, method, "resolved_share_mean") for method in (DOUBLE, RESOLVED)
    )
    return (
        f"Of the gradients' squared length {double.min():.0%} to {double.max():.0%} lies among "
        "the eigenvectors that double precision resolves, and at least "
        f"{resolved.min():.1%} among those of the graded Gauss–Newton part."
    )


def _contrast(table: pd.DataFrame, method: str, words: str) -> str:
    found = [pair.factor for pair in contrasts(_values(table, method, "g_theta", "max"))]
    if not found:
        return f"{words}, no data set has both trainings to compare."
    more = sum(factor > 1 for factor in found)
    return (
        f"{words}, the adversarial start needs more eigenvectors than normal training on {more} of "
        f"{len(found)} data sets, by factors of {number(min(found))} to {number(max(found))}."
    )


def _values(table: pd.DataFrame, method: str, quantity: str, statistic: str = "") -> pd.Series:
    """Return one quantity by (dataset, training, seed)."""
    chosen = (
        (table["method"] == method)
        & (table["quantity"] == quantity)
        & (table["statistic"] == statistic)
    )
    return table[chosen].set_index(["dataset", "training", "seed"])["value"]
