"""Claims of the paper as comparisons of measured numbers, and the verdict that they give.

A check is "LEFT < RIGHT" or "LEFT > RIGHT". Each side is a number, or names one:

    gaussian/normal:g_theta_max           a measure of an experiment, over all its seeds
    fig07:gaussian/normal:largest_top_on_grid    a number behind a figure, of the run drawn
    correlations:all:g_theta_max          Kendall's τ with the number of boundary pieces

A check holds when the means are in that order, and clearly so when they are further apart than
their combined standard deviation √(s_L² + s_R²) over seeds (numbers of single runs have none).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

VERDICTS = ("reproduced", "partly", "not reproduced", "not testable")
OPERAND = re.compile(r"(?:(?P<source>\w+):)?(?P<key>[\w/]+):(?P<quantity>[\w.]+)")

# source ("" for measures) -> (key, quantity) -> values, one per seed
Numbers = Mapping[str, Mapping[tuple[str, str], Sequence[float]]]


@dataclass(frozen=True)
class CheckResult:
    """One check: the two sides as means with standard deviations, and whether it holds."""

    check: str
    left: float
    left_std: float
    right: float
    right_std: float
    runs: int  # of the side with fewer

    @property
    def known(self) -> bool:
        """Whether both sides are numbers."""
        return math.isfinite(self.left) and math.isfinite(self.right)

    @property
    def holds(self) -> bool:
        """Whether the means are in the order that the check says."""
        return self.left > self.right if ">" in self.check else self.left < self.right

    @property
    def clear(self) -> bool:
        """Whether they are further apart than their combined standard deviation."""
        return abs(self.left - self.right) > math.hypot(self.left_std, self.right_std)


def expand(check: str, cases: Sequence[str] = ()) -> list[str]:
    """Put each case in the place of every `*`; a check without `*` stands for itself."""
    return [check.replace("*", case) for case in cases] if "*" in check else [check]


def run_check(check: str, numbers: Numbers) -> CheckResult:
    """Look both sides up and compare them.

    Raises ValueError when the check is not of the form above.
    """
    sides = re.split(r"\s[<>]\s", check)
    if len(sides) != 2:
        raise ValueError(f"expected 'LEFT < RIGHT' or 'LEFT > RIGHT', found {check!r}")
    left, right = (_values(side.strip(), numbers) for side in sides)
    runs = [len(v) for side, v in zip(sides, (left, right), strict=True) if not _is_number(side)]
    return CheckResult(
        check, *_mean_and_deviation(left), *_mean_and_deviation(right), min(runs, default=0)
    )


def verdict(results: Sequence[CheckResult]) -> str:
    """Judge a claim: reproduced if all its known checks hold clearly, not reproduced if none holds.

    Not testable if none is known; partly in every other case. This is not symmetric: a success
    that is not clear counts as partly, a failure that is not clear as a failure.
    """
    known = [result for result in results if result.known]
    if not known:
        return "not testable"
    if all(result.holds and result.clear for result in known):
        return "reproduced"
    return "partly" if any(result.holds for result in known) else "not reproduced"


def collect(
    measures: pd.DataFrame, figures: Mapping[str, pd.DataFrame], correlations: pd.DataFrame
) -> Numbers:
    """Gather every number that a check can name; diverged runs have none.

    `measures` is tidy (dataset, training, seed, status, measure, value), `figures` holds each
    figure's (experiment, quantity, value), `correlations` (dataset, measure, tau, low, high).
    """
    numbers: dict[str, dict[tuple[str, str], list[float]]] = {"": {}, "correlations": {}}
    for row in measures.itertuples():
        key = (f"{row.dataset}/{row.training}", str(row.measure))
        numbers[""].setdefault(key, []).append(float(row.value))  # type: ignore[arg-type]
    for row in correlations.itertuples():
        for suffix, value in (("", row.tau), ("_low", row.low), ("_high", row.high)):
            name = (str(row.dataset), f"{row.measure}{suffix}")
            numbers["correlations"][name] = [float(value)]  # type: ignore[arg-type]
    for figure, table in figures.items():
        numbers[figure] = {
            (str(row.experiment), str(row.quantity)): [float(row.value)]  # type: ignore[arg-type]
            for row in table.itertuples()
        }
    return numbers


def _values(side: str, numbers: Numbers) -> Sequence[float]:
    if _is_number(side):
        return [float(side)]
    match = OPERAND.fullmatch(side)
    if match is None:
        raise ValueError(
            f"expected a number, 'experiment:measure' or 'source:key:quantity', found {side!r}"
        )
    found = numbers.get(match["source"] or "", {}).get((match["key"], match["quantity"]), [])
    return [value for value in found if math.isfinite(value)]


def _is_number(side: str) -> bool:
    return re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", side.strip()) is not None


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    if not len(values):
        return float("nan"), float("nan")
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
