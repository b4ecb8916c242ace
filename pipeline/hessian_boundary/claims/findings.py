"""What is seen of a claim, in a sentence made of its verdict and numbers: captions take it.

A caption's own text says how to read a figure. What the paper says of it and what is seen here come
from here, so that no caption can say other than its claims.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from hessian_boundary.claims.check_text import parse_check
from hessian_boundary.claims.claim_table import CHECK, PREMISE, SIDES, has_check, side_texts
from hessian_boundary.wording.numbers import number
from hessian_boundary.wording.sentences import listed

EVERY = "all"  # in the place of a data set: a number of all models together


def finding(lines: pd.DataFrame, drawn: Collection[str] = ()) -> str:
    """Return what is seen of one claim, from its lines of a `claim_table`.

    Its verdict, how many of the comparisons hold, the numbers of the first that fails, or of the
    first where none does, and for which comparisons a presumption does not hold. For a figure
    `drawn` are its data sets: how many of their comparisons hold is said, and numbers are theirs.
    """
    first = next(lines.itertuples())
    checks = [line for line in lines.itertuples() if line.role == CHECK and has_check(line)]
    known = [line for line in checks if pd.notna(line.holds)]
    if not known:
        reason = first.reason if pd.notna(first.reason) else ""  # NaN where read from a file
        return f"Not testable: {reason or 'no number of it is part of this profile.'}"
    counts = f"{sum(line.holds for line in known)} of {len(checks)} comparisons hold"
    unknown = len(checks) - len(known)
    missing = f", {unknown} of them not measured here" if unknown else ""
    own = [line for line in known if drawn and _datasets(line) & {*drawn, EVERY}]
    shown = own or known
    failing = [line for line in shown if not line.holds]
    what = "found" if failing else "for instance"
    words = first.verdict.capitalize()
    once = ", in a single run" if first.one_run and first.verdict != "seen once" else ""
    return (
        f"{words}{once}: {counts}{missing}{_of_figure(own, known, drawn)}; {what} "
        f"{_numbers((failing or shown)[0])}.{_presumed(lines)}"
    )


def _of_figure(own: Sequence[Any], known: Sequence[Any], drawn: Collection[str]) -> str:
    """Say how many of the comparisons of the data sets that a figure draws hold."""
    if not drawn or len(own) == len(known):
        return ""
    if not own:
        return ", none of them on the data drawn here"
    return f", {sum(line.holds for line in own)} of {len(own)} on the data drawn here"


def _datasets(line: Any) -> set[str]:
    """Return the data sets of which a comparison's numbers are."""
    sides = parse_check(line.check).sides
    return {side.key.partition("/")[0] for side in sides if not side.constant}


def _numbers(line: Any) -> str:
    """Write a comparison as "name = 0.599, needed > 0.8", or "name = 1, needed > name = 2"."""
    text = parse_check(line.check)
    sides = [
        value if side.constant else f"{side.text} = {value}"
        for side, (_, value) in zip(text.sides, side_texts(line), strict=True)
    ]
    return f"{sides[text.subject]}, needed {text.needed(sides)}"


def _presumed(lines: pd.DataFrame) -> str:
    """Name the presumptions that do not hold, with their numbers."""
    wrong = [
        _disorder(line)
        for line in lines.itertuples()
        if line.role == PREMISE and pd.notna(line.holds) and not line.holds
    ]
    return f" The claim presumes what does not hold: {listed(wrong)}." if wrong else ""


def _disorder(line: Any) -> str:
    """Write the first two neighbouring sides of a comparison that are not in its order."""
    text = parse_check(line.check)
    sign = -1 if text.relation == ">" else 1
    sides = [
        (side.text, getattr(line, name)) for side, name in zip(text.sides, SIDES, strict=False)
    ]
    (name, value), (_, other) = next(
        pair for pair in pairwise(sides) if not sign * pair[0][1] < sign * pair[1][1]
    )
    word = "below" if text.relation == "<" else "above"
    return f"{name} = {number(value)} is not {word} {number(other)}"
