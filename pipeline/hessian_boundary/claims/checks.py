"""Claims of the paper as comparisons of measured numbers, and the verdict that they give.

A check (`claims.check_text`) holds when the means over runs are in the order that it says: over the
runs that all its sides have, where they have some in common. Runs are compared in pairs of the same
seed. It is clear when a t test of the paired differences finds them
apart at the level of 5 %, corrected for the other checks of the claim (Holm). A single run has no
spread: what it shows is never clear.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hessian_boundary.claims.check_text import SideText, parse_check
from hessian_boundary.claims.numbers import ALL_RUNS, Numbers, Runs
from hessian_boundary.statistics.effect import UNKNOWN, Effect, holm, paired_effect

VERDICTS = ("reproduced", "seen once", "partly", "not reproduced", "not testable")
CLEAR = 0.05
CONSTANT = -2  # stands for the seed of a constant


@dataclass(frozen=True)
class CheckResult:
    """One check: its sides as means with standard deviations, and whether it holds."""

    check: str
    means: tuple[float, ...]
    deviations: tuple[float, ...]  # 0 for a constant or a single run
    runs: int  # of the side with the fewest; 0 where all are constants
    relation: str
    single: bool  # whether there is one run
    over_models: bool  # whether a side is a number of all models together
    effect: Effect  # of the weakest comparison, positive in the direction of the check
    p: float  # NaN without several runs
    p_holm: float = math.nan  # corrected for the other checks of the claim

    @property
    def known(self) -> bool:
        """Whether all sides are numbers."""
        return all(map(math.isfinite, self.means))

    @property
    def holds(self) -> bool:
        """Whether the means are in the order that the check says."""
        sign = -1 if self.relation == ">" else 1
        return bool(self.known and (np.diff(np.multiply(sign, self.means)) > 0).all())

    @property
    def clear(self) -> bool:
        """Whether several runs tell it: by p; the end of an interval over models tells itself."""
        if not self.known or self.single:
            return False
        return self.over_models if math.isnan(self.p_holm) else self.p_holm < CLEAR


def run_checks(checks: Sequence[str], numbers: Numbers) -> list[CheckResult]:
    """Look up and compare the sides of a claim's checks; p is corrected over them.

    Raises ValueError when a check is not of its form.
    """
    results = [_run(check, numbers) for check in checks]
    corrected = holm([result.p for result in results])
    return [replace(result, p_holm=p) for result, p in zip(results, corrected, strict=True)]


def verdict(results: Sequence[CheckResult]) -> str:
    """Judge a claim.

    Not testable: nothing is known. Not reproduced: no known check holds. Reproduced: all checks are
    known and hold clearly. Seen once: all are known and hold, and those that are not clear are of a
    single run. Partly: every other case, also where a case is unknown. This is not symmetric: a
    success that is not clear counts as partly, a failure that is not clear as a failure.
    """
    known = [result for result in results if result.known]
    if not known:
        return "not testable"
    if not any(result.holds for result in known):
        return "not reproduced"
    if len(known) < len(results) or not all(result.holds for result in known):
        return "partly"
    if all(result.clear for result in known):
        return "reproduced"
    return "seen once" if all(result.clear or result.single for result in known) else "partly"


def _run(check: str, numbers: Numbers) -> CheckResult:
    text = parse_check(check)
    values = _common([_values(side, numbers) for side in text.sides])
    measured = [found for found in values if CONSTANT not in found]
    differences = [_differences(*pair, text.relation) for pair in pairwise(values)]
    effects = [paired_effect(found) for found in differences]
    known = all(values)
    over_models = any(ALL_RUNS in found for found in measured)
    alone = min(map(len, differences)) < 2 and min(map(len, measured), default=0) < 2
    spread = [np.std([*found.values()], ddof=1) if len(found) > 1 else 0.0 for found in values]
    return CheckResult(
        check=check,
        means=tuple(float(np.mean([*v.values()])) if v else math.nan for v in values),
        deviations=tuple(map(float, spread)),
        runs=min(map(len, measured), default=0),
        relation=text.relation,
        single=alone and not over_models,
        over_models=over_models,
        effect=min(effects, key=_size) if known else UNKNOWN,
        p=_p(effects) if known else math.nan,
    )


def _p(effects: Sequence[Effect]) -> float:
    """Return the p of a check: an interval holds where both ends do, and fails where one does."""
    against = [effect.p for effect in effects if effect.size < 0]
    return min(against) if against else float(np.max([effect.p for effect in effects]))


def _size(effect: Effect) -> float:
    return float(np.nan_to_num(effect.size, nan=math.inf))


def _values(side: SideText, numbers: Numbers) -> Runs:
    if side.constant:
        return {CONSTANT: side.factor}
    found = numbers.get(side.source, {}).get((side.key, side.quantity), {})
    return {run: side.factor * value for run, value in found.items() if math.isfinite(value)}


def _common(sides: Sequence[Runs]) -> list[Runs]:
    """Keep the runs that all sides have, constants aside; all runs where they have none."""
    measured = [set(found) for found in sides if CONSTANT not in found]
    common = set.intersection(*measured) if measured else set()
    if not common:
        return list(sides)
    return [
        found if CONSTANT in found else {run: found[run] for run in sorted(common)}
        for found in sides
    ]


def _differences(left: Runs, right: Runs, relation: str) -> list[float]:
    """Return what the right side is larger by, run by run; the other way round for ">"."""
    sign = -1 if relation == ">" else 1
    if CONSTANT in left:
        return [sign * (value - left[CONSTANT]) for value in right.values()]
    if CONSTANT in right:
        return [sign * (right[CONSTANT] - value) for value in left.values()]
    return [sign * (right[run] - left[run]) for run in left if run in right]
