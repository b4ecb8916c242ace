"""Does the order of G_θ hold for every seed? Resolved in float64, and resolved wholly."""

import math
from dataclasses import dataclass

import pandas as pd

from hessian_boundary.report.comparisons.contrast import Contrast, contrasts
from hessian_boundary.report.html.markup import Table, table_view
from hessian_boundary.wording.labels import readable
from hessian_boundary.wording.numbers import measured

# measure -> which of the gradients' directions it counts
KINDS = {
    "g_theta_max": "above the rank tolerance",
    "gauss_newton_g_theta_max": "Gauss–Newton, all",
    "gauss_newton_g_theta_max_equal_confidence": "Gauss–Newton, all, at equal confidence",
}


@dataclass(frozen=True)
class OrderOverSeeds:
    """A line per data set and kind, and what the lines of each kind say together."""

    table: Table
    sentences: tuple[str, ...]


def order_over_seeds(measures: pd.DataFrame) -> OrderOverSeeds | None:
    """Compare normal training with the adversarial start, run by run, from the tidy measures.

    A run of one is set beside the run of the same seed of the other; "apart" is the difference of
    the means in combined standard deviations. None where no data set has every kind of G_θ after
    both trainings.
    """
    values = {kind: _values(measures, kind) for kind in KINDS}
    found = {kind: {pair.dataset: pair for pair in contrasts(values[kind])} for kind in KINDS}
    shared = set.intersection(*map(set, found.values()))
    datasets = [name for name in dict.fromkeys(measures["dataset"]) if name in shared]
    if not datasets:
        return None
    lines = [
        _line(found[kind][dataset], KINDS[kind], _large_norm(values[kind], dataset))
        for dataset in datasets
        for kind in KINDS
    ]
    sentences = [
        _sentence(words, [found[kind][dataset] for dataset in datasets])
        for kind, words in KINDS.items()
    ]
    shown = pd.DataFrame(lines)
    if set(shown["apart"]) == {"–"}:  # single runs have no spread to be apart by
        shown = shown.drop(columns="apart")
    table = table_view(shown, 2, "G_θ (max) over all seeds")
    return OrderOverSeeds(table, tuple(sentences))


def _values(measures: pd.DataFrame, measure: str) -> pd.Series:
    chosen = measures[measures["measure"] == measure].dropna(subset="value")
    return chosen.set_index(["dataset", "training", "seed"])["value"]


def _large_norm(values: pd.Series, dataset: str) -> pd.Series:
    about = values.index.to_frame()
    return values[(about["dataset"] == dataset) & (about["training"] == "large_norm")]


def _line(pair: Contrast, kind: str, large_norm: pd.Series) -> dict[str, str]:
    trainings = {"normal": pair.normal, "adversarial": pair.adversarial, "large norm": large_norm}
    return {
        "Data set": readable(pair.dataset),
        "Directions": kind,
        **{
            name: measured(runs.mean(), runs.std(ddof=1), len(runs))
            for name, runs in trainings.items()
        },
        "higher": f"{pair.runs_higher} of {len(pair.normal)}",
        "apart": "–" if math.isnan(pair.apart) else f"{pair.apart:+.1f}",
    }


def _sentence(kind: str, pairs: list[Contrast]) -> str:
    higher, runs = sum(pair.runs_higher for pair in pairs), sum(len(p.normal) for p in pairs)
    known = [pair.apart for pair in pairs if not math.isnan(pair.apart)]
    clear = (
        f", and by more than one combined standard deviation in the mean on "
        f"{sum(d > 1 for d in known)} of {len(pairs)} data sets"
    )
    return (
        f"Over all seeds, with the directions “{kind}”, the adversarial start needs more "
        f"eigenvectors than normal training with the same seed in {higher} of {runs} pairs of "
        f"runs{clear if known else ''}."
    )
