"""The verdicts as data: one line per check of a claim, and the same for reading."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hessian_boundary.claims.check_text import parse_check
from hessian_boundary.claims.checks import CheckResult, run_checks, verdict
from hessian_boundary.claims.claim_list import Claim
from hessian_boundary.claims.numbers import Numbers
from hessian_boundary.wording.numbers import measured, number, p_value
from hessian_boundary.wording.sentences import listed

SIDES = ("left", "right", "third")
COLUMNS = (
    *("number", "where", "says", "role", "check", "left", "left_std", "right", "right_std"),
    *("third", "third_std", "runs", "holds", "clear", "effect", "effect_low", "effect_high"),
    *("p", "p_holm", "verdict", "one_run", "caveat", "reason"),
)
CHECK, PREMISE = "check", "premise"  # roles
SHOWN = ("Claim", "Where", "The paper says", "Check", "Measured", "Runs", "Effect", "Outcome",
         "Verdict")  # fmt: skip
CAVEAT_SIGN, ONE_RUN_SIGN = "*", "¹"  # of a verdict with a caveat, and of one by a single run


def claim_table(claims: Sequence[Claim], numbers: Numbers) -> pd.DataFrame:
    """Evaluate every check of every claim.

    Returns number, where, says, role ("check", or "premise" of what the claim presumes), check, its
    sides as left, left_std, right, right_std, third, third_std (means and sample standard
    deviations over runs; NaN where unknown, a deviation of 0 for a constant or a single run), runs
    (of the side with fewest), holds and clear (empty where unknown); effect, effect_low,
    effect_high, p and p_holm (`statistics.effect`, of the weakest comparison, positive in the
    direction of the check); and the claim's verdict, one_run (whether a single run decides it),
    caveat and reason ("" for none). A claim that is not testable has one line without a check.
    """
    lines = [line for claim in claims for line in _lines(claim, numbers)]
    table = pd.DataFrame(lines, columns=COLUMNS)
    return table.astype({"holds": "boolean", "clear": "boolean", "one_run": "boolean"})


def _lines(claim: Claim, numbers: Numbers) -> list[dict[str, Any]]:
    results, premises = run_checks(claim.checks, numbers), run_checks(claim.premises, numbers)
    known = [result for result in results if result.known]
    about = {
        "number": claim.number, "where": claim.where, "says": claim.says,
        "verdict": verdict(results), "caveat": claim.caveat, "reason": claim.reason,
        "one_run": bool(known) and all(result.single for result in known),
    }  # fmt: skip
    rows = [(CHECK, result) for result in results] + [(PREMISE, result) for result in premises]
    if not rows:
        return [about | {"role": CHECK, "check": "", "runs": 0}]
    return [about | {"role": role, "check": result.check} | _line(result) for role, result in rows]


def _line(result: CheckResult) -> dict[str, Any]:
    values = {
        name: value
        for side, mean, deviation in zip(SIDES, result.means, result.deviations, strict=False)
        for name, value in ((side, mean), (f"{side}_std", deviation))
    }
    effect = result.effect
    return values | {
        "runs": result.runs,
        "holds": result.holds if result.known else None,
        "clear": result.clear if result.known else None,
        "effect": effect.size, "effect_low": effect.low, "effect_high": effect.high,
        "p": result.p, "p_holm": result.p_holm,
    }  # fmt: skip


def state(line: Any) -> str:
    """Say whether a line's check holds: "holds" or "fails", perhaps "not clearly"; "not known"."""
    if pd.isna(line.holds):
        return "not known"
    word = "holds" if line.holds else "fails"
    return word if line.clear else f"{word}, not clearly"


def side_texts(line: Any) -> list[tuple[str, str]]:
    """Return (name, value) of each side: a constant as it stands, others as mean ± deviation."""
    sides = zip(parse_check(line.check).sides, _values(line), strict=False)
    return [
        (side.text, side.text if side.constant else measured(mean, deviation, line.runs))
        for side, (mean, deviation) in sides
    ]


def outcome_text(line: Any) -> str:
    """Write what a line measured: "0.9 > 0.8" where its check holds, "0.7, needed > 0.8" if not."""
    text, values = parse_check(line.check), [value for _, value in side_texts(line)]
    if pd.isna(line.holds) or line.holds:
        return f" {text.relation} ".join(values)
    return f"{values[text.subject]}, needed {text.needed(values)}"


def _values(line: Any) -> list[tuple[float, float]]:
    return [(getattr(line, side), getattr(line, f"{side}_std")) for side in SIDES]


def effect_text(line: Any) -> str:
    """Write the effect with its interval and the corrected p; "" for fewer than two runs."""
    if math.isnan(line.effect):
        return ""
    interval = f"[{number(line.effect_low)}, {number(line.effect_high)}]"
    return f"d = {number(line.effect)} {interval}, p {p_value(line.p_holm)}"


def has_check(line: Any) -> bool:
    """Whether a line is of a check: a claim that is not testable has none."""
    return isinstance(line.check, str) and bool(line.check)


def display_claims(table: pd.DataFrame) -> pd.DataFrame:
    """Format the verdicts for reading, a line per check."""
    return pd.DataFrame(map(_displayed, table.itertuples()), columns=SHOWN)


def _displayed(line: Any) -> dict[str, str]:
    about = {"Claim": str(line.number), "Where": line.where, "The paper says": line.says}
    marked = line.verdict + _signs(line)
    if not has_check(line):
        return about | dict.fromkeys(SHOWN[3:-2], "–") | {"Outcome": line.reason, "Verdict": marked}
    premise = "presumed: " if line.role == PREMISE else ""
    return about | {
        "Check": f"{premise}`{line.check}`",
        "Measured": outcome_text(line),
        "Runs": str(line.runs), "Effect": effect_text(line) or "–", "Outcome": state(line),
        "Verdict": marked,
    }  # fmt: skip


def _signs(line: Any) -> str:
    return ONE_RUN_SIGN * bool(line.one_run) + CAVEAT_SIGN * bool(has_caveat(line))


def claim_notes(table: pd.DataFrame) -> list[str]:
    """Say how far the verdicts go: `reservations`, and every caveat with the claims it is about."""
    if table.empty:
        return ["No claim of the paper is about the figures and tables of this study."]
    with_caveat = claims_of(table[has_caveat(table)])
    notes = [reservations(table)]
    if table["one_run"].any():
        notes.append(f"A verdict marked {ONE_RUN_SIGN} is of a single run and never clear.")
    if len(with_caveat):
        notes.append(
            f"A verdict marked {CAVEAT_SIGN} comes with a caveat, which says what its rule does "
            "not show and changes no verdict."
        )
    each = with_caveat.assign(caveat=[text.split("\n") for text in with_caveat["caveat"]])
    for caveat, claims in each.explode("caveat").groupby("caveat", sort=False):
        plural = "s" if len(claims) > 1 else ""
        notes.append(f"Claim{plural} {listed([str(n) for n in claims['number']])}: {caveat}")
    return notes


def reservations(table: pd.DataFrame) -> str:
    """Say of how many reproduced claims there is a caveat, and how many a single run decides."""
    claims = claims_of(table)
    reproduced = claims[claims["verdict"].isin(["reproduced", "seen once"])]
    tested = int((claims["verdict"] != "not testable").sum())
    return (
        f"There is a caveat to {int(has_caveat(reproduced).sum())} of the {len(reproduced)} claims "
        f"that are reproduced or seen once; a single run decides {len(single_runs(table))} of the "
        f"{tested} tested ones."
    )


def single_runs(table: pd.DataFrame) -> set[int]:
    """Return the claims that a single run decides."""
    return set(table.loc[table["one_run"].astype(bool), "number"])


def has_caveat(table: Any) -> Any:
    """Whether a line, or each line of a table, has one; none is read back from a file as NaN."""
    return pd.notna(table.caveat) & (table.caveat != "")


def claims_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the first line of each claim."""
    return table.drop_duplicates("number")
