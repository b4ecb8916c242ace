"""Section "Complexity": what grows with the number of boundary pieces, and outlier counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan

import pandas as pd

from hessian_boundary.measures.g_theta import AT_LEAST, AT_MOST
from hessian_boundary.report.html.intervals import axis, interval
from hessian_boundary.report.html.markup import Table, table_view
from hessian_boundary.statistics.correlations import POOLED
from hessian_boundary.tables.text import display_correlations
from hessian_boundary.wording.labels import measure_label, readable
from hessian_boundary.wording.numbers import between, measured, p_value, signed

SIGNIFICANT = 0.05  # two-sided, like the intervals' level
OUTLIERS = ("outliers_gap", "outliers_edge")
BOUNDARY = ("visible_pieces", "pieces", "parts", "length")


@dataclass(frozen=True)
class ComplexitySection:
    """Correlations pooled and by data set, and counts by experiment."""

    pooled: Table
    by_dataset: Table
    counts: Table
    models: int
    trainings: int
    clear: tuple[
        str, ...
    ]  # measures whose pooled interval excludes zero and whose adjusted p is small
    unclear: tuple[str, ...]  # measures of which only one of the two holds
    above: tuple[str, ...]  # measures of larger τ than the baseline: that interval excludes zero


def complexity_section(
    correlations: pd.DataFrame,
    measures: pd.DataFrame,
    experiments: Sequence[tuple[str, str]],
    classes: Mapping[str, int],
) -> ComplexitySection:
    """Arrange rank correlations (`rank_correlations`) and counts from the tidy measures.

    `experiments` are pairs of data set and training in the order of the lines, `classes` gives the
    number of classes C of each data set.
    """
    pooled = correlations[correlations["dataset"] == POOLED]
    excludes_zero = (pooled["low"] > 0) | (pooled["high"] < 0)
    significant = pooled["adjusted_p"] < SIGNIFICANT
    return ComplexitySection(
        pooled=_plotted(pooled),
        by_dataset=table_view(display_correlations(correlations), 1, "The same by data set"),
        counts=table_view(
            pd.DataFrame(_counts(measures, experiments, classes)),
            2,
            "Outliers and the exact boundary",
        ),
        models=int(pooled["models"].max()) if len(pooled) else 0,
        trainings=int(pooled["trainings"].max()) if len(pooled) else 0,
        clear=_labels(pooled, excludes_zero & significant),
        unclear=_labels(pooled, excludes_zero ^ significant),
        above=_labels(pooled, pooled["difference_low"] > 0),
    )


def _labels(correlations: pd.DataFrame, chosen: pd.Series) -> tuple[str, ...]:
    return tuple(map(measure_label, correlations.loc[chosen, "measure"]))


def _plotted(pooled: pd.DataFrame) -> Table:
    estimates = list(zip(pooled["tau"], pooled["low"], pooled["high"], strict=True))
    shown = pd.DataFrame(
        {
            "Measure": [measure_label(measure) for measure in pooled["measure"]],
            "τ": [signed(tau) for tau in pooled["tau"]],
            "95 % interval": [
                "–" if pd.isna(low) else f"{signed(low)} … {signed(high)}"
                for _, low, high in estimates
            ],
            "p": [p_value(p) for p in pooled["adjusted_p"]],
            "models": [str(count) for count in pooled["models"]],
        }
    )
    drawn = [interval(*values, limit=1) for values in estimates]
    table = table_view(shown, 1, "Kendall’s τ with the number of boundary pieces")
    return table.with_column(1, axis(1), drawn)


def _counts(
    measures: pd.DataFrame, experiments: Sequence[tuple[str, str]], classes: Mapping[str, int]
) -> Iterator[dict[str, str]]:
    """Yield a line per experiment whose outliers were counted; an interval over all its runs."""
    for dataset, training in experiments:
        part = measures[(measures["dataset"] == dataset) & (measures["training"] == training)]
        values = {str(name): column.dropna() for name, column in part.groupby("measure")["value"]}
        counted = [*OUTLIERS, *(f"{name}{AT_LEAST}" for name in OUTLIERS)]
        if not any(len(values.get(name, ())) for name in counted):
            continue
        line = {
            "Data set": readable(dataset),
            "Training": readable(training),
        }
        for name in OUTLIERS:
            heading = measure_label(name)
            line[heading] = _summary(values, name)
            low, high = values.get(f"{name}_low"), values.get(f"{name}_high")
            if low is not None and high is not None and len(low) and len(high):
                line[heading] += f" [{low.min():g}, {high.max():g}]"
        # expected: C − 1 or C outliers (Sagun et al. 2017), or C² (Papyan 2020)
        count = classes.get(dataset)
        line |= {"C": "–" if count is None else str(count)}
        line |= {"C²": "–" if count is None else str(count**2)}
        yield line | {measure_label(name): _summary(values, name) for name in BOUNDARY}


def _summary(values: Mapping[str, pd.Series], name: str) -> str:
    """Write mean ± deviation, or "≥ 10" or "[0.1, 0.2]" where partial spectra only bound it."""
    none = pd.Series(dtype=float)
    found = values.get(name, none)
    ends = [values.get(f"{name}{end}", none) for end in (AT_LEAST, AT_MOST)]
    if any(map(len, ends)):  # what is known of the other runs bounds it, too
        return between(*(pd.concat([found, end]).mean() if len(end) else nan for end in ends))
    return measured(found.mean(), found.std(ddof=1), len(found))
