"""The explorer of the maps: as many runs as the page has room for, and the colours of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hessian_boundary.figures.style import CLASS_COLOURS, alignment_colours
from hessian_boundary.report.explorer.levels import LEVELS, UNKNOWN
from hessian_boundary.report.explorer.maps import RunMaps


@dataclass(frozen=True)
class Explorer:
    """What the page holds."""

    runs: tuple[RunMaps, ...]
    left_out: tuple[str, ...]  # names of the runs for which there was no room

    @property
    def content(self) -> dict[str, Any]:
        """What the script is given: the runs, and the colours of maps and classes."""
        return {
            "runs": [run.entry for run in self.runs],
            "levels": LEVELS,
            "colours": _map_colours(),
            "classColours": list(CLASS_COLOURS),
        }

    @property
    def datasets(self) -> tuple[str, ...]:
        """What the data sets are called, each once."""
        return tuple(dict.fromkeys(run.dataset for run in self.runs))


def explorer(runs: Sequence[RunMaps], shown: int) -> Explorer | None:
    """Show the first `shown` runs and name the others; None where there is nothing to show."""
    left_out = (f"{run.experiment}, seed {run.seed}" for run in runs[shown:])
    return Explorer(tuple(runs[:shown]), tuple(left_out)) if runs[:shown] else None


def fewer(runs: Sequence[RunMaps], shown: int, excess: int) -> int:
    """Return how many runs of those shown are left when the last give up `excess` bytes."""
    while shown and excess > 0:
        shown -= 1
        excess -= len(runs[shown].data)
    return shown


def _map_colours() -> str:
    """Return the figures' colour of each level from −128 to 127, six hexadecimal digits each."""
    levels = np.arange(UNKNOWN, LEVELS + 1)
    values = np.ma.masked_equal(levels, UNKNOWN) / LEVELS
    colours = alignment_colours()((values + 1) / 2, bytes=True)
    return "".join(f"{red:02x}{green:02x}{blue:02x}" for red, green, blue, _ in colours)
