"""The comparison of measures by how they order models, as text."""

from collections.abc import Sequence

import pandas as pd

from hessian_boundary.generalisation.comparison import ALL
from hessian_boundary.generalisation.verdict import CONFIRM, EXPLORE, scope
from hessian_boundary.wording.compared_measures import measure_name
from hessian_boundary.wording.labels import readable
from hessian_boundary.wording.numbers import number, p_value, percent, signed, with_interval

UNKNOWN = "–"


def display_comparison(judged: pd.DataFrame) -> pd.DataFrame:
    """Return a row per measure, over all data sets: the confirming half, and Ψ of the others.

    `judged` is what `verdict.with_verdicts` returns. The largest Ψ comes first.
    """
    others = {
        "Ψ, exploring": scope(judged, EXPLORE).set_index("measure"),
        "Ψ, all models": scope(judged, CONFIRM, ALL).set_index("measure"),
    }
    rows = scope(judged, CONFIRM).sort_values("psi", ascending=False)
    lines = []
    for _, row in rows.iterrows():
        line = {
            "Measure": measure_name(row["measure"]),
            "Ψ": _interval(row, "psi"),
            "p": p_value(row["adjusted_p"]),
            "Sign error": " / ".join(
                percent(row[f"sign_error_{name}"]) for name in ("median", "90", "worst")
            ),
            "τ": _interval(row, "tau"),
            "τ given the training loss": _interval(row, "partial_tau"),
        }
        for heading, table in others.items():
            known = row["measure"] in table.index
            line[heading] = signed(table.loc[row["measure"], "psi"]) if known else UNKNOWN
        lines.append(line | {"Verdict": _verdict(row)})
    return pd.DataFrame(lines)


def comparison_notes(models: pd.DataFrame, limit: float) -> Sequence[str]:
    """Say what the numbers are, and of how many models of each data set."""
    diverged = models["status"] == "diverged"
    fitted = ~diverged & (models["train_error"] <= limit)
    counts = [
        f"{dataset} {fitted[mine].sum()} of {mine.sum()}"
        for dataset in models["dataset"].unique()
        for mine in [models["dataset"] == dataset]
    ]
    return [
        "Confirming half, fitted models, mean over data sets, where the heading says no other. "
        "Ψ: granulated rank correlation with the test error, pairs that differ in one setting; "
        "1 agrees always, 0 is chance. [95 % interval over configurations]; p is Holm's over "
        "all measures.",
        "Sign error: pairs that are ordered wrong, median / 90th percentile / worst of the "
        "environments (one setting of one data set); pairs within Monte-Carlo noise do not count.",
        f"Fitted: a training error of at most {100 * limit:g} %. Of both halves "
        f"{', '.join(counts)}; {diverged.sum()} diverged." + _refused(models),
    ]


def _refused(models: pd.DataFrame) -> str:
    count = (models["refused"].notna() & (models["refused"] != "")).sum()
    return f" Of {count} a measure was refused: it is compared on the others." if count else ""


def display_regimes(table: pd.DataFrame) -> pd.DataFrame:
    """Return what `regimes.compare_regimes` returns for reading."""
    lines = []
    for _, row in table.iterrows():
        lines.append({
            "Data set": readable(row["dataset"]),
            "Start": readable(row["start"]),
            "Quantity": "test error" if row["quantity"] == "test_error"
            else measure_name(row["quantity"]),
            "Normal start": number(row["normal"]),
            "Difference": f"{number(row['difference'])} "
            f"[{number(row['difference_low'])}, {number(row['difference_high'])}]",
            "Higher": f"{row['higher']:.0f} of {row['draws']:.0f}",
            "Models": f"{row['models']:.0f}",
            "d": _interval(row, "effect"),
            "p": p_value(row["adjusted_p"]),
        })  # fmt: skip
    return pd.DataFrame(lines)


def _verdict(row: pd.Series) -> str:
    return f"{row['verdict']}, robustly" if row["robust"] else str(row["verdict"])


def _interval(row: pd.Series, name: str) -> str:
    return with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
