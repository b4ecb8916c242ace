"""Estimated margins beside the exact ones, for reading."""

import pandas as pd

from hessian_boundary.generalisation.margins import ALL, NEAR, ON_BOUNDARY
from hessian_boundary.wording.labels import readable
from hessian_boundary.wording.numbers import number, signed


def display_margins(table: pd.DataFrame) -> pd.DataFrame:
    """Return what `compare_margins` returns for reading: a line per experiment."""
    return pd.DataFrame(
        {
            "Experiment": ", ".join(map(readable, row["experiment"].split("/")))
            if row["experiment"] != ALL
            else "all models",
            "Models": f"{row['models']:.0f}",
            "Exact margin": number(row["margin_true"]),
            "Estimate": f"{number(row['margin_estimated'])} "
            f"[{number(row['low'])}, {number(row['high'])}]",
            "Spread over starts": "–" if pd.isna(row["spread"]) else f"{row['spread']:.0%}",
            f"Within {NEAR:.0%}": f"{row['near']:.0%} of {row['starts']:.0f}",
            "On the boundary": f"{row['on_boundary']:.0%}",
            "τ": signed(row["tau"]),
        }
        for _, row in table.iterrows()
    )


def margin_notes() -> list[str]:
    """Say what the columns are."""
    return [
        "Estimate: as in Appendix I.3; median over all models and starts [10th, 90th percentile].",
        "Spread: standard deviation over the starts of one model, as a share of its exact margin; "
        "median over models.",
        f"On the boundary: starts whose x_b reaches cos² ≥ {ON_BOUNDARY} with v_1. τ: rank "
        "correlation of the models' median estimates with their exact margins.",
    ]
