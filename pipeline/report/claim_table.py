"""The verdicts as data: one line per check of a claim, and the same for reading."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.claims import Numbers, evaluate, verdict
from pipeline.number_text import measured
from pipeline.report.claim_list import Claim


def claim_table(claims: Sequence[Claim], numbers: Numbers) -> pd.DataFrame:
    """Evaluate every check of every claim.

    Returns number, where, says, check, the two sides as left, left_std, right, right_std (means
    and sample standard deviations over runs; NaN where unknown, a deviation of 0 for a constant or
    a single run), runs (of the side with fewer), holds and clear (empty where unknown), and the
    claim's verdict.
    """
    lines = []
    for claim in claims:
        outcomes = [evaluate(check, numbers) for check in claim.checks]
        judged = verdict(outcomes)
        lines += [
            {
                "number": claim.number, "where": claim.where, "says": claim.says,
                "check": outcome.check, "left": outcome.left, "left_std": outcome.left_std,
                "right": outcome.right, "right_std": outcome.right_std, "runs": outcome.runs,
                "holds": outcome.holds if outcome.known else None,
                "clear": outcome.clear if outcome.known else None,
                "verdict": judged,
            }
            for outcome in outcomes
        ]  # fmt: skip
    return pd.DataFrame(lines).astype({"holds": "boolean", "clear": "boolean"})


def state(line: Any) -> str:
    """Say whether a line's check holds: "holds" or "fails", perhaps "not clearly"; "not known"."""
    if not (math.isfinite(line.left) and math.isfinite(line.right)):
        return "not known"
    word = "holds" if line.holds else "fails"
    return word if line.clear else f"{word}, not clearly"


def side_text(side: str, mean: float, deviation: float, runs: int) -> str:
    """Write one side of a check: a constant as it stands, a measured one as mean ± deviation."""
    return measured(mean, deviation, runs) if ":" in side else side


def display_claims(table: pd.DataFrame) -> pd.DataFrame:
    """Format the verdicts for reading, a line per check."""
    return pd.DataFrame(map(_displayed, table.itertuples()))


def _displayed(line: Any) -> dict[str, str]:
    left, relation, right = line.check.split()
    values = (
        side_text(left, line.left, line.left_std, line.runs),
        relation,
        side_text(right, line.right, line.right_std, line.runs),
    )
    return {
        "Claim": str(line.number), "Where": line.where, "The paper says": line.says,
        "Check": f"`{line.check}`", "Measured": " ".join(values), "Runs": str(line.runs),
        "Outcome": state(line), "Verdict": line.verdict,
    }  # fmt: skip
