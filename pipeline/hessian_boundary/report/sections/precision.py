"""Section "Precision": G_θ and its companions of the same networks by several methods."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hessian_boundary.report.comparisons.contrast import contrasts
from hessian_boundary.report.comparisons.order_over_seeds import OrderOverSeeds, order_over_seeds
from hessian_boundary.report.comparisons.precision_answer import precision_answer
from hessian_boundary.report.html.curves import Panel, curve_panel
from hessian_boundary.report.html.markup import Table, table_view
from hessian_boundary.wording.labels import readable
from hessian_boundary.wording.numbers import measured, number

COLUMNS = ("dataset", "training", "seed", "method", "statistic", "quantity", "value")
METHODS = {
    "float32_dense": "all eigenvectors and gradients in single precision, gradients shorter than "
    "10⁻²⁰ without alignment: as the last version of the authors' code has it",
    "float32_uncut": "the same eigenvectors, with every gradient that single precision can hold",
    "float32_stable": "the same eigenvectors, with gradients that keep their direction",
    "float64_dense": "the same in double precision: round-off still counts",
    "float64_dense_cut": "of these, the ones above the rank tolerance",
    "range": "the certified range method, above the rank tolerance: what the tables list",
    "gauss_newton_cut": "of the Hessian's Gauss–Newton part, the ones above the rank tolerance",
    "gauss_newton": "all of the Gauss–Newton part, however small their eigenvalues",
}
LEADING = "g_theta"


@dataclass(frozen=True)
class PrecisionSection:
    """What each method says about adversarial against normal, and all numbers behind it."""

    answer: tuple[str, ...]  # in sentences
    contrast: Table
    over_seeds: OrderOverSeeds | None  # of the methods that take seconds
    leading: tuple[Table, ...]
    further: tuple[Table, ...]
    panels: Mapping[str, tuple[Panel, ...]]  # statistic -> G_θ as a function of ε
    lines: tuple[str, ...]  # the methods of the panels' lines, in their order
    methods: Mapping[str, str]  # what each method is


def precision_section(
    files: Sequence[pd.DataFrame], curves: Sequence[pd.DataFrame], measures: pd.DataFrame
) -> PrecisionSection | None:
    """Arrange the tables of `study_precision`, each with dataset, training and seed in front.

    `curves` has epsilon and g_theta in place of quantity and value, and `measures` is the tidy
    table of all seeds. Returns None without files.

    Raises ValueError when a column is missing.
    """
    if not files:
        return None
    table = pd.concat(files, ignore_index=True)
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(
            f"expected the columns {', '.join(COLUMNS)} in the files about precision, found "
            f"{', '.join(table.columns)}; {', '.join(missing)} missing"
        )
    table["statistic"] = table["statistic"].fillna("")  # an empty field reads as NaN
    methods = _ordered(table["method"])
    groups = list(table.groupby(["quantity", "statistic"], sort=False))
    tables = {key: _by_method(part, _title(*key), methods) for key, part in groups}
    lines = pd.concat(curves, ignore_index=True) if curves else None
    return PrecisionSection(
        answer=precision_answer(table),
        contrast=_contrast(table, methods),
        over_seeds=order_over_seeds(measures),
        leading=tuple(view for (quantity, _), view in tables.items() if quantity == LEADING),
        further=tuple(view for (quantity, _), view in tables.items() if quantity != LEADING),
        panels={} if lines is None else _panels(lines),
        lines=() if lines is None else _ordered(lines["method"]),
        methods={method: METHODS.get(method, "") for method in methods},
    )


def _ordered(methods: pd.Series) -> tuple[str, ...]:
    found = list(dict.fromkeys(methods))
    return (*(m for m in METHODS if m in found), *(m for m in found if m not in METHODS))


def _title(quantity: str, statistic: str) -> str:
    name = "G_θ" if quantity == LEADING else quantity.replace("_", " ")
    return f"{name} ({statistic})" if statistic else name


def _by_method(part: pd.DataFrame, title: str, methods: Sequence[str]) -> Table:
    lines = []
    for (dataset, training), rows in part.groupby(["dataset", "training"], sort=False):
        line = {"Data set": readable(dataset), "Training": readable(training)}
        for method in methods:
            values = rows.loc[rows["method"] == method, "value"].dropna()
            line[_words(method)] = measured(values.mean(), values.std(ddof=1), len(values))
        lines.append(line)
    return table_view(pd.DataFrame(lines), 2, title)


def _contrast(table: pd.DataFrame, methods: Sequence[str]) -> Table:
    """Say of each method on how many data sets adversarial needs more eigenvectors than normal."""
    counted = table[(table["quantity"] == LEADING) & (table["statistic"] == "max")]
    by_run = counted.set_index(["method", "dataset", "training", "seed"])["value"]
    lines = []
    for method in methods:
        pairs = list(contrasts(by_run[method])) if method in by_run else []
        factors = sorted(pair.factor for pair in pairs if math.isfinite(pair.factor))
        lines.append({
            "Method": _words(method),
            "higher": f"{sum(pair.factor > 1 for pair in pairs)} of {len(pairs)}",
            "factor": " … ".join(dict.fromkeys(number(f) for f in (factors[:1] + factors[-1:]))),
        })  # fmt: skip
    return table_view(
        pd.DataFrame(lines), 1, "G_θ (max), adversarial start against normal training"
    )


def _panels(lines: pd.DataFrame) -> dict[str, tuple[Panel, ...]]:
    """Return a panel per experiment and statistic, a line per method: the mean over seeds."""
    panels: dict[str, tuple[Panel, ...]] = {}
    for statistic, part in lines.groupby("statistic", sort=False):
        limit = float(part["g_theta"].max())
        found = []
        for (dataset, training), rows in part.groupby(["dataset", "training"], sort=False):
            means = rows.groupby(["method", "epsilon"])["g_theta"].mean()
            curves = [means[method] for method in _ordered(rows["method"])]
            found.append(curve_panel(f"{readable(dataset)}, {readable(training)}", curves, limit))
        panels[str(statistic)] = tuple(found)
    return panels


def _words(name: object) -> str:
    return str(name).replace("_", " ")
