"""Section "Claims": each with its checks, its verdict, and where its numbers come from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hessian_boundary.claims.checks import OPERAND, VERDICTS
from hessian_boundary.claims.claim_list import Claim
from hessian_boundary.claims.claim_table import SIGN, reservations, side_text, single_runs, state
from hessian_boundary.wording.glossary import meaning

# source of an operand -> (rule, numbers as a table); figures are rules of their own
SOURCES = {
    "": ("measures", "tables/measures.csv"),
    "correlations": ("correlations", "tables/correlations.csv"),
}


@dataclass(frozen=True)
class Side:
    """One side of a check: what it is called, what that means, and its value."""

    name: str  # "" for a constant
    meaning: str
    value: str


@dataclass(frozen=True)
class Check:
    """A comparison with its outcome."""

    left: Side
    relation: str
    right: Side
    runs: int
    state: str


@dataclass(frozen=True)
class ClaimView:
    """A claim as it stands on the page."""

    claim: Claim
    verdict: str
    checks: tuple[Check, ...]
    rules: tuple[str, ...]
    tables: tuple[str, ...]  # files of numbers, relative to the results folder
    runs: tuple[str, ...]  # folders of arrays, likewise
    not_made: Mapping[str, str]  # figure -> why this profile does not make it
    single_run: bool  # whether one run alone decides

    @property
    def sign(self) -> str:
        """What marks its verdict: the sign of a caveat, or nothing."""
        return SIGN if self.claim.caveat else ""


@dataclass(frozen=True)
class ClaimsSection:
    """All claims in the paper's order."""

    claims: tuple[ClaimView, ...]
    reservations: str  # how many verdicts have a caveat or one run

    def having(self, verdict: str) -> list[ClaimView]:
        """Return the claims with a verdict."""
        return [view for view in self.claims if view.verdict == verdict]

    def about(self, figure: str) -> list[ClaimView]:
        """Return the claims that a figure or table shows."""
        return [view for view in self.claims if figure in view.claim.figures]

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        return {verdict: len(self.having(verdict)) for verdict in VERDICTS}

    @property
    def quantities(self) -> dict[str, str]:
        """What each quantity that the checks compare means."""
        sides = (side for v in self.claims for c in v.checks for side in (c.left, c.right))
        names = {side.name.rpartition(":")[2]: side.meaning for side in sides if side.meaning}
        return dict(sorted(names.items()))


def claims_section(
    claims: Sequence[Claim], table: pd.DataFrame, left_out: Mapping[str, str]
) -> ClaimsSection:
    """Join the list of claims with the table of their outcomes (`claim_table`).

    `left_out` says of figures that were not made why. Raises ValueError when a claim has no line
    in the table.
    """
    by_number = dict(list(table.groupby("number")))
    single = single_runs(table)
    views = []
    for claim in claims:
        if claim.number not in by_number:
            raise ValueError(
                f"expected outcomes of claim {claim.number} ({claim.where}), found none; make the "
                "table of claims again"
            )
        lines = by_number[claim.number]
        views.append(
            ClaimView(
                claim=claim,
                verdict=lines["verdict"].iloc[0],
                checks=tuple(_check(line) for line in lines.itertuples()),
                **_evidence(claim, lines),
                not_made={name: left_out[name] for name in claim.figures if name in left_out},
                single_run=claim.number in single,
            )
        )
    return ClaimsSection(tuple(views), reservations(table))


def _check(line: Any) -> Check:
    left, relation, right = line.check.split()
    return Check(
        left=_side(left, line.left, line.left_std, line.runs),
        relation=relation,
        right=_side(right, line.right, line.right_std, line.runs),
        runs=line.runs,
        state=state(line),
    )


def _side(text: str, mean: float, deviation: float, runs: int) -> Side:
    value = side_text(text, mean, deviation, runs)
    if ":" not in text:
        return Side("", "", value)
    return Side(text, meaning(text.rpartition(":")[2]), value)


def _evidence(claim: Claim, lines: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Name rules, tables and folders behind the numbers that are known, each once."""
    operands = [
        match
        for line in lines.itertuples()
        for side, value in zip(str(line.check).split()[::2], (line.left, line.right), strict=True)
        if np.isfinite(value) and (match := OPERAND.fullmatch(side)) is not None
    ]
    sources = [match["source"] or "" for match in operands]
    known = [SOURCES.get(source, (source, f"figures/{source}.csv")) for source in sources]
    folders = (match["key"] for match in operands if "/" in match["key"])
    return {
        "rules": _once([*claim.figures, *(rule for rule, _ in known)]),
        "tables": _once(table for _, table in known),
        # of a view such as gaussian/normal/class0 the run's folder
        "runs": _once("/".join(key.split("/")[:2]) for key in folders),
    }


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
