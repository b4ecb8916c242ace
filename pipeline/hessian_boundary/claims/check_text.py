"""What a check says: two or three sides in order, each a number or the name of one.

    LEFT < RIGHT      LEFT > RIGHT      LEFT < MIDDLE < RIGHT

The last is an interval, and one check. A side is a constant, or names a number, perhaps times a
constant:

    gaussian/normal:g_theta_max           a measure of an experiment, over all its seeds
    2 × gaussian/normal:pieces            twice that
    fig07:gaussian/normal:largest_top_on_grid    a number behind a figure
    contrast:gaussian/normal:contrast     a number beside its nulls (`measures.nulls`)
    correlations:all:g_theta_max          Kendall's τ with the number of boundary pieces
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

OPERAND = re.compile(r"(?:(?P<source>\w+):)?(?P<key>[\w/]+):(?P<quantity>[\w.]+)")
NUMBER = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?")
TIMES = " × "


@dataclass(frozen=True)
class SideText:
    """One side of a check: a constant, or a factor and the name of a number."""

    text: str
    factor: float  # the constant itself where nothing is named
    source: str = ""  # "" for measures
    key: str = ""
    quantity: str = ""

    @property
    def constant(self) -> bool:
        """Whether it names no number."""
        return not self.quantity


@dataclass(frozen=True)
class CheckText:
    """The sides of a check, and the relation between neighbours: "<" or ">"."""

    sides: tuple[SideText, ...]
    relation: str

    @property
    def subject(self) -> int:
        """Which side is asked about: the middle of an interval, else the first that is measured."""
        if len(self.sides) == 3:
            return 1
        return int(self.sides[0].constant and not self.sides[1].constant)

    def needed(self, values: Sequence[str]) -> str:
        """Write what the subject should be, as "> 0.8" or "1 < … < 2"; of a text per side."""
        if len(values) == 3:
            return f"{values[0]} {self.relation} … {self.relation} {values[2]}"
        if self.subject == 0:
            return f"{self.relation} {values[1]}"
        return f"{'<' if self.relation == '>' else '>'} {values[0]}"


def expand(check: str, cases: Sequence[str] = ()) -> list[str]:
    """Put each case in the place of every `*`; a check without `*` stands for itself."""
    return [check.replace("*", case) for case in cases] if "*" in check else [check]


def parse_check(check: str) -> CheckText:
    """Take a check apart.

    Raises ValueError when it is not of the form above.
    """
    relations = re.findall(r"\s([<>])\s", check)
    if relations not in (["<"], [">"], ["<", "<"]):
        raise ValueError(
            "expected 'LEFT < RIGHT', 'LEFT > RIGHT' or 'LEFT < MIDDLE < RIGHT', found "
            f"{check!r}; write it so"
        )
    return CheckText(tuple(map(_side, re.split(r"\s[<>]\s", check))), relations[0])


def _side(text: str) -> SideText:
    text = text.strip()
    if NUMBER.fullmatch(text):
        return SideText(text, float(text))
    first, times, rest = text.partition(TIMES)
    factor = float(first) if times and NUMBER.fullmatch(first) else 1.0
    match = OPERAND.fullmatch(rest if times and NUMBER.fullmatch(first) else text)
    if match is None:
        raise ValueError(
            "expected a number, 'experiment:measure' or 'source:key:quantity', perhaps after "
            f"'NUMBER{TIMES}', found {text!r}; correct that side"
        )
    return SideText(text, factor, match["source"] or "", match["key"], match["quantity"])
