"""What the tables of finished runs say; without a run, how to get them."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from hessian_study.project import ROOT
from page_parts.markdown import table
from page_parts.plots import boundary_pieces, published_g_theta, rank_correlations

RESULTS = ROOT / "results"
NONE = """\
!!! note "No results here"
    This page was built where no profile had been run. After `make` (or `make paper`), `make docs`
    shows the verdicts, the numbers beside the published ones, and the correlations here.
"""


def run_tables() -> str:
    """Return a section per finished profile of `results/`, or a line that there is none."""
    profiles = sorted(path.parent.parent for path in RESULTS.glob("*/tables/measures.csv"))
    return "\n\n".join(part for folder in profiles for part in _profile(folder)) or NONE


def _profile(folder: Path) -> Iterator[str]:
    tables = folder / "tables"
    measures = pd.read_csv(tables / "measures.csv")
    models = len(measures[["dataset", "training", "seed"]].drop_duplicates())
    yield f"## Profile {folder.name}"
    yield (
        f"{models} trained models, {measures['seed'].nunique()} seed(s). Tables are read from "
        f"`results/{folder.name}/tables`."
    )
    if (tables / "claims.csv").exists():
        yield f"### Which claims hold?\n\n{_verdicts(pd.read_csv(tables / 'claims.csv'))}"
    for number, data in ((1, "simulated data"), (2, "real data")):
        file = tables / f"table{number}_published.csv"
        if file.exists():
            yield f"### Are the numbers of Table {number} reached? ({data})"
            yield published_g_theta(pd.read_csv(file))
            yield _folded("Every number beside the published one", file.with_suffix(".md"))
    if "pieces" in set(measures["measure"]):
        yield f"### How many pieces has the boundary?\n\n{boundary_pieces(measures)}"
    if (tables / "correlations.csv").exists():
        yield "### What goes with the number of pieces?"
        yield rank_correlations(pd.read_csv(tables / "correlations.csv"))
        yield _folded("Every correlation, by data set", tables / "correlations.md")
    if (tables / "precision.md").exists():
        yield "### Is G_θ the network's, or the arithmetic's?"
        yield _folded("G_θ by method", tables / "precision.md")


def _folded(summary: str, file: Path) -> str:
    """Return a table that is shown when the reader asks for it."""
    text = file.read_text(encoding="utf-8")
    return f"<details markdown><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _verdicts(checks: pd.DataFrame) -> str:
    """Return the number of claims by verdict, and a line per claim."""
    claims = checks.drop_duplicates("number").fillna({"caveat": ""})
    counts = claims["verdict"].value_counts()
    rows = [
        (str(claim.number), claim.where, claim.says, claim.verdict, "yes" if claim.caveat else "")
        for claim in claims.itertuples()
    ]
    return (
        ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        + f". Of all {len(claims)}, {int((claims['caveat'] != '').sum())} carry a caveat, which "
        "the page `report.html` spells out.\n\n"
        + table(("claim", "where", "the paper says", "verdict", "caveat"), rows)
    )
