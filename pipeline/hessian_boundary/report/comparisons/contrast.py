"""An adversarial start against normal training, data set by data set, seed by seed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

TRAININGS = ("normal", "adversarial")


@dataclass(frozen=True)
class Contrast:
    """One quantity of one data set after both trainings; the runs (seed,) belong together."""

    dataset: str
    normal: pd.Series
    adversarial: pd.Series

    @property
    def factor(self) -> float:
        """The mean after the adversarial start, in units of that after normal training."""
        return float(np.divide(self.adversarial.mean(), self.normal.mean()))

    @property
    def runs_higher(self) -> int:
        """In how many runs the adversarial start has the higher value of the two with its seed."""
        return int((self.adversarial > self.normal).sum())

    @property
    def apart(self) -> float:
        """How much higher it is in the mean, in combined standard deviations √(s² + s²).

        NaN for a single run, which has none.
        """
        spread = np.hypot(self.normal.std(ddof=1), self.adversarial.std(ddof=1))
        difference = self.adversarial.mean() - self.normal.mean()
        return float(difference / spread) if spread > 0 else float("nan")


def contrasts(values: pd.Series) -> Iterator[Contrast]:
    """Yield a contrast for each data set with seeds that have both; `values` is by
    (dataset, training, seed)."""
    known = values.dropna()
    for dataset in dict.fromkeys(known.index.get_level_values("dataset")):
        trainings = known[dataset].unstack("training").reindex(columns=TRAININGS).dropna()
        if len(trainings):
            yield Contrast(str(dataset), *(trainings[name] for name in TRAININGS))
