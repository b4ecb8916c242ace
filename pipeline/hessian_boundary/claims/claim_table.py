"""The verdicts as data: one line per check of a claim, and the same for reading."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hessian_boundary.claims.checks import Numbers, run_check, verdict
from hessian_boundary.claims.claim_list import Claim
from hessian_boundary.wording.numbers import measured
from hessian_boundary.wording.sentences import listed

COLUMNS = (
    *("number", "where", "says", "check", "left", "left_std", "right", "right_std", "runs"),
    *("holds", "clear", "verdict", "caveat"),
)
SHOWN = ("Claim", "Where", "The paper says", "Check", "Measured", "Runs", "Outcome", "Verdict")
SIGN = "*"  # of a verdict that comes with a caveat


def claim_table(claims: Sequence[Claim], numbers: Numbers) -> pd.DataFrame:
    """Evaluate every check of every claim.

    Returns number, where, says, check, the two sides as left, left_std, right, right_std (means
    and sample standard deviations over runs; NaN where unknown, a deviation of 0 for a constant or
    a single run), runs (of the side with fewer), holds and clear (empty where unknown), and the
    claim's verdict and caveat ("" for none).
    """
    lines = []
    for claim in claims:
        results = [run_check(check, numbers) for check in claim.checks]
        judged = verdict(results)
        lines += [
            {
                "number": claim.number, "where": claim.where, "says": claim.says,
                "check": result.check, "left": result.left, "left_std": result.left_std,
                "right": result.right, "right_std": result.right_std, "runs": result.runs,
                "holds": result.holds if result.known else None,
                "clear": result.clear if result.known else None,
                "verdict": judged, "caveat": claim.caveat,
            }
            for result in results
        ]  # fmt: skip
    table = pd.DataFrame(lines, columns=COLUMNS)
    return table.astype({"holds": "boolean", "clear": "boolean"})


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
    return pd.DataFrame(map(_displayed, table.itertuples()), columns=SHOWN)


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
        "Outcome": state(line), "Verdict": line.verdict + (SIGN if _has_caveat(line) else ""),
    }  # fmt: skip


def claim_notes(table: pd.DataFrame) -> list[str]:
    """Say how far the verdicts go: `reservations`, and every caveat with the claims it is about."""
    if table.empty:
        return ["No claim of the paper is about the figures and tables of this study."]
    with_caveat = _claims_of(table[_has_caveat(table)])
    notes = [reservations(table)]
    if len(with_caveat):
        notes.append(
            f"A verdict marked {SIGN} comes with a caveat, which was added after the numbers were "
            "made and changes no verdict."
        )
    for caveat, claims in with_caveat.groupby("caveat", sort=False):
        plural = "s" if len(claims) > 1 else ""
        notes.append(f"Claim{plural} {listed([str(n) for n in claims['number']])}: {caveat}")
    return notes


def reservations(table: pd.DataFrame) -> str:
    """Say of how many reproduced claims there is a caveat, and how many a single run decides."""
    claims = _claims_of(table)
    reproduced = claims[claims["verdict"] == "reproduced"]
    tested = int((claims["verdict"] != "not testable").sum())
    return (
        f"There is a caveat to {int(_has_caveat(reproduced).sum())} of the {len(reproduced)} "
        f"reproduced claims; a single run decides {len(single_runs(table))} of the {tested} tested "
        "ones."
    )


def single_runs(table: pd.DataFrame) -> set[int]:
    """Return the claims whose known checks all compare numbers of one run.

    Rank correlations are single numbers too, but of the models of all runs.
    """
    known = table[table["holds"].notna()]
    several = (known["runs"] > 1) | known["check"].str.contains("correlations:", regex=False)
    return set(known["number"]) - set(known.loc[several, "number"])


def _has_caveat(table: Any) -> Any:
    """Whether a line, or each line of a table, has one; none is read back from a file as NaN."""
    return pd.notna(table.caveat) & (table.caveat != "")


def _claims_of(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop_duplicates("number")
