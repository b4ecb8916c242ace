"""What the tables of finished runs say; without a run, how to get them."""

from pathlib import Path

import pandas as pd

from hessian_study.project import ROOT
from page_parts.markdown import table

RESULTS = ROOT / "results"
# heading -> the table, without its ending, that the workflow wrote as Markdown
TABLES = {
    "Beside Table 1: simulated data": "table1_published",
    "Beside Table 2: real data": "table2_published",
    "What goes with the number of boundary pieces (Kendall's τ)": "correlations",
    "G_θ in several arithmetics": "precision",
}


def run_tables() -> str:
    """Return a section per finished profile of `results/`, or a line that there is none."""
    profiles = sorted(path.parent.parent for path in RESULTS.glob("*/tables/measures.csv"))
    if not profiles:
        return (
            '!!! note "No results here"\n'
            "    This page was built where no profile had been run. Run `make` (or `make paper`),\n"
            "    then `make docs`: tables 1 and 2, the verdicts and the correlations appear here.\n"
        )
    return "\n".join(_profile(folder) for folder in profiles)


def _profile(folder: Path) -> str:
    tables = folder / "tables"
    measures = pd.read_csv(tables / "measures.csv")
    models = len(measures[["dataset", "training", "seed"]].drop_duplicates())
    parts = [
        f"### Profile {folder.name}\n",
        f"{models} trained models, {measures['seed'].nunique()} seed(s). Tables are read from "
        f"`results/{folder.name}/tables`.\n",
    ]
    if (tables / "claims.csv").exists():
        parts.append(_verdicts(pd.read_csv(tables / "claims.csv")))
    for heading, name in TABLES.items():
        file = tables / f"{name}.md"
        if file.exists():
            parts.append(f"#### {heading}\n\n{file.read_text(encoding='utf-8')}")
    return "\n".join(parts)


def _verdicts(checks: pd.DataFrame) -> str:
    """Return the number of claims by verdict, and a line per claim."""
    claims = checks.drop_duplicates("number").fillna({"caveat": ""})
    counts = claims["verdict"].value_counts()
    rows = [
        (str(claim.number), claim.where, claim.says, claim.verdict, "yes" if claim.caveat else "")
        for claim in claims.itertuples()
    ]
    return (
        "#### Claims\n\n"
        + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        + f". Of all {len(claims)}, {int((claims['caveat'] != '').sum())} carry a caveat, which "
        "the page `report.html` spells out.\n\n"
        + table(("claim", "where", "the paper says", "verdict", "caveat"), rows)
    )
