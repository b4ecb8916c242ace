"""The verdict on each measure, by the rule of the configuration, and the answer in words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hessian_boundary.generalisation.comparison import EVERY, FITTED
from hessian_boundary.statistics.effect import holm
from hessian_boundary.statistics.sign_errors import SUMMARY
from hessian_boundary.wording.numbers import p_value, percent, with_interval
from hessian_boundary.wording.sentences import listed

UNKNOWN = "–"
EXPLORE, CONFIRM = "explore", "confirm"
PREDICTS, OPPOSITE = "predicts", "predicts the opposite"
NOT, UNDECIDED = "does not predict", "undecided"
WORDS = {
    PREDICTS: "Yes, on average",
    NOT: "No evidence that it does",
    OPPOSITE: "No, rather the opposite",
    UNDECIDED: "Too few models to say",
}
OF_TOO_FEW = (
    "Whether it is robust cannot be told from so few.",
    "Nor can whether it says more than a simpler measure, or adds to what the training loss tells.",
)
NOT_APART = "could not be told apart from"


@dataclass(frozen=True)
class Rule:
    """When a measure predicts: see `verdict` below `generalisation` in config.yaml."""

    level: float
    fewest_pairs: int
    fewest_pairs_each: int  # of every data set that is part of the mean
    sign_error: float


def with_verdicts(table: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return a table of `compare_measures` with what the rule says of each line.

    adjusted_p: Holm's, over the measures of the same models, half and data set. verdict: one of the
    four. robust, adds_to_training_loss: whether; False where it is not known.
    """
    judged = table.copy()
    groups = judged.groupby(["models", "half", "dataset"], sort=False)
    judged["adjusted_p"] = groups["p"].transform(lambda p: np.array(holm(p.tolist())))
    judged["verdict"] = [_verdict(row, rule) for _, row in judged.iterrows()]
    predicts = judged["verdict"] == PREDICTS
    judged["robust"] = predicts & (judged["sign_error_90"] <= rule.sign_error)
    decided = judged["verdict"] != UNDECIDED
    judged["adds_to_training_loss"] = decided & (judged["partial_tau_low"] > 0)
    return judged


def _verdict(row: pd.Series, rule: Rule) -> str:
    each = rule.fewest_pairs_each * len(row["datasets"].split(", "))
    if row["pairs"] < max(rule.fewest_pairs, each) or np.isnan(row["psi_low"]):
        return UNDECIDED
    if row["adjusted_p"] > rule.level:
        return NOT
    if row["psi_high"] < 0:
        return OPPOSITE
    return PREDICTS if row["psi_low"] > 0 else NOT


def chosen_measures(judged: pd.DataFrame, asked_about: str) -> tuple[str, str] | None:
    """Return the variant and the simpler measure with the largest Ψ in the exploring half.

    Of fitted models and all data sets together. Variants are the measures whose name contains
    `asked_about`; a simpler one must be of the same data sets as the variant. None where that half
    has no pair of fitted models.

    Raises ValueError where one of the two is missing.
    """
    lines = scope(judged, EXPLORE).dropna(subset=["psi"])
    if lines.empty:
        return None
    asked = lines["measure"].str.contains(asked_about, regex=False)
    if asked.any():
        variant = lines.loc[lines.loc[asked, "psi"].idxmax()]
        simpler = lines[~asked & (lines["datasets"] == variant["datasets"])]
        if not simpler.empty:
            simple = simpler.loc[simpler["psi"].idxmax()]
            return str(variant["measure"]), str(simple["measure"])
    raise ValueError(
        f"expected a measure with and one without {asked_about!r} in its name that were had of the "
        f"same data sets in the exploring half, found {', '.join(lines['measure']) or 'none'}; "
        "correct `generalisation.asked_about` or `generalisation.measures` in config.yaml"
    )


def scope(
    judged: pd.DataFrame, half: str, models: str = FITTED, dataset: str = EVERY
) -> pd.DataFrame:
    """Return the lines of a half, one per measure."""
    chosen = (judged["half"] == half) & (judged["models"] == models)
    return judged[chosen & (judged["dataset"] == dataset)]


def answer(
    judged: pd.DataFrame,
    asked_about: str,
    names: Mapping[str, str],
    difference: tuple[float, float, float],
) -> list[str]:
    """Return three sentences: does it order models, how robustly, and beyond simpler measures?

    Where too few models are there to say, the others say so.

    All numbers are of the confirming half, of fitted models on all data sets; `names` says what
    measures are called. `difference` is that of the Ψ of the two `chosen_measures`, with its
    interval (`comparison.psi_difference`).
    """
    chosen = chosen_measures(judged, asked_about)
    if chosen is None:
        return ["The exploring half has no pairs of fitted models to choose measures by."]
    variant, simple = chosen
    lines = scope(judged, CONFIRM).set_index("measure")
    if variant not in lines.index or simple not in lines.index:
        return ["The confirming half has no fitted models to answer from."]
    mine, other = lines.loc[variant], lines.loc[simple]
    if mine["verdict"] == UNDECIDED:
        return [_first(mine, names[variant]), *OF_TOO_FEW]
    return [
        _first(mine, names[variant]),
        _second(mine),
        _third(mine, other, names[simple], difference),
    ]


def headline(judged: pd.DataFrame, asked_about: str) -> str:
    """Return the question with the answer in a few words, for a title."""
    chosen = chosen_measures(judged, asked_about)
    lines = scope(judged, CONFIRM).set_index("measure")
    question = "Does G_θ predict generalisation?"
    if chosen is None or chosen[0] not in lines.index:
        return question
    mine = lines.loc[chosen[0]]
    robustly = ", and robustly" if mine["robust"] else ", but not robustly"
    return f"{question} {WORDS[mine['verdict']]}{robustly * (mine['verdict'] == PREDICTS)}"


def _first(mine: pd.Series, name: str) -> str:
    undecided = mine["verdict"] == UNDECIDED
    of = "Data sets" if undecided else "Data sets with enough such pairs"
    return (
        f"{WORDS[mine['verdict']]}: of two networks that fit their labels and differ in one "
        f"setting, the one with the larger {name} has the larger test error in "
        f"{percent(mine['right'])} of {mine['pairs']:.0f} pairs that were not looked at before (a "
        f"tie counts half), where a coin has 50 %. As a mean over settings and data sets, Ψ is "
        f"{_interval(mine, 'psi')} (95 % interval), from −1 (always wrong) to 1 (always right), "
        f"p {p_value(mine['adjusted_p'])}. {of}: {mine['datasets']}."
    )


def _second(mine: pd.Series) -> str:
    if np.isnan(mine[f"sign_error_{SUMMARY[0]}"]):
        return "Whether it is robust is not known: no environment has enough pairs."
    how = "It is robust" if mine["robust"] else "It is not robust"
    median, most, worst = (percent(mine[f"sign_error_{name}"]) for name in SUMMARY)
    by_chance = listed([percent(mine[f"chance_sign_error_{name}"]) for name in SUMMARY])
    return (
        f"{how}: in the median environment (one setting of one data set) it orders {median} of the "
        f"pairs wrong, in one of ten at least {most}, in the worst {worst} (by chance {by_chance})."
    )


def _third(
    mine: pd.Series, other: pd.Series, name: str, difference: tuple[float, float, float]
) -> str:
    between, low, high = difference
    how = "says more than" if low > 0 else "says less than" if high < 0 else NOT_APART
    adds = "adds" if mine["adds_to_training_loss"] else "does not measurably add"
    return (
        f"It {how} the simpler measure that did best in the exploring half, {name} "
        f"(Ψ {_interval(other, 'psi')}; difference on the same networks "
        f"{with_interval(between, low, high)}), and {adds} to what the training "
        f"loss tells (partial τ {_interval(mine, 'partial_tau')})."
    )


def _interval(row: pd.Series, name: str) -> str:
    return with_interval(*(row[f"{name}{end}"] for end in ("", "_low", "_high")))
