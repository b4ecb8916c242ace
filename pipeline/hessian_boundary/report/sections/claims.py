"""Section "Claims": each with its checks, its verdict, and where its numbers come from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hessian_boundary.claims.check_text import parse_check
from hessian_boundary.claims.checks import VERDICTS
from hessian_boundary.claims.claim_list import Claim
from hessian_boundary.claims.claim_table import (
    CAVEAT_SIGN,
    ONE_RUN_SIGN,
    PREMISE,
    effect_text,
    has_check,
    outcome_text,
    reservations,
    single_runs,
    state,
)
from hessian_boundary.claims.findings import finding
from hessian_boundary.wording.glossary import meaning

# source of an operand -> (rule, numbers as a table); figures are rules of their own
SOURCES = {
    "": ("measures", "tables/measures.csv"),
    "correlations": ("correlations", "tables/correlations.csv"),
    "contrast": ("claims", "tables/claims.csv"),
}


@dataclass(frozen=True)
class Side:
    """One side of a check: what it is called, and what that means."""

    name: str  # "" for a constant
    meaning: str


@dataclass(frozen=True)
class Check:
    """A comparison with its outcome."""

    sides: tuple[Side, ...]
    relation: str
    measured: str  # "0.9 > 0.8", or "0.7, needed > 0.8"
    runs: int
    over_models: bool  # a number of all models together, not of runs
    state: str
    effect: str  # "" for fewer than two runs
    premise: bool  # what the claim presumes, which changes no verdict


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
    lines: pd.DataFrame  # its part of the table of outcomes

    @property
    def finding(self) -> str:
        """What is seen here, in a sentence."""
        return finding(self.lines)

    def finding_of(self, experiments: Iterable[str]) -> str:
        """Return the same for a figure of some experiments: its numbers are of their data sets."""
        return finding(self.lines, {name.partition("/")[0] for name in experiments})

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the paper that it stands in: "Section 3", "Appendix E"; to filter by."""
        found = re.findall(r"(?:Section|Appendix) \w+|Abstract|Contribution", self.claim.where)
        return _once(found) or (self.claim.where,)

    @property
    def sign(self) -> str:
        """What marks its verdict: the signs of a single run and of a caveat, or nothing."""
        return ONE_RUN_SIGN * self.single_run + CAVEAT_SIGN * bool(self.claim.caveat)


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
    def parts(self) -> list[str]:
        """Every part of the paper that a claim stands in, sections before appendices."""
        found = _once(part for view in self.claims for part in view.parts)
        return sorted(found, key=lambda part: (part.startswith("Appendix"), part))

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        return {verdict: len(self.having(verdict)) for verdict in VERDICTS}

    @property
    def quantities(self) -> dict[str, str]:
        """What each quantity that the checks compare means."""
        sides = (side for v in self.claims for c in v.checks for side in c.sides)
        names = {side.name.rpartition(":")[2]: side.meaning for side in sides if side.meaning}
        return dict(sorted(names.items()))


NO_CLAIMS = ClaimsSection((), "")


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
                checks=tuple(_check(line) for line in lines.itertuples() if has_check(line)),
                **_evidence(claim, lines),
                not_made={name: left_out[name] for name in claim.figures if name in left_out},
                single_run=claim.number in single,
                lines=lines,
            )
        )
    return ClaimsSection(tuple(views), reservations(table))


def _check(line: Any) -> Check:
    text = parse_check(line.check)
    return Check(
        sides=tuple(
            Side("", "") if side.constant else Side(side.text, meaning(side.quantity))
            for side in text.sides
        ),
        relation=text.relation,
        measured=outcome_text(line),
        runs=line.runs,
        over_models=line.check.startswith("correlations:"),
        state=state(line),
        effect=effect_text(line),
        premise=line.role == PREMISE,
    )


def _evidence(claim: Claim, lines: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Name rules, tables and folders behind the checks that are known, each once."""
    sides = [
        side
        for line in lines.itertuples()
        if has_check(line) and pd.notna(line.holds)
        for side in parse_check(line.check).sides
        if not side.constant
    ]
    sources = [side.source for side in sides]
    known = [SOURCES.get(source, (source, f"figures/{source}.csv")) for source in sources]
    folders = (side.key for side in sides if "/" in side.key)
    return {
        "rules": _once([*claim.figures, *(rule for rule, _ in known)]),
        "tables": _once(table for _, table in known),
        # of a view such as gaussian/normal/class0 the run's folder
        "runs": _once("/".join(key.split("/")[:2]) for key in folders),
    }


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
