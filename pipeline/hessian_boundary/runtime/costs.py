"""What the jobs of each stage took."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd


class Cost(NamedTuple):
    """What one job took."""

    seconds: float  # wall time
    cpu_seconds: float  # of all its threads
    memory_mb: float  # largest resident memory


def summarise_costs(costs: Mapping[str, Sequence[Cost]]) -> pd.DataFrame:
    """Return a row per stage, the most expensive first: sums over its jobs and their largest.

    Columns: stage, jobs, seconds, cpu_seconds, share (of all CPU seconds), longest, memory_mb.
    """
    rows = [
        {
            "stage": stage,
            "jobs": len(jobs),
            "seconds": sum(job.seconds for job in jobs),
            "cpu_seconds": sum(job.cpu_seconds for job in jobs),
            "longest": max(job.seconds for job in jobs),
            "memory_mb": max(job.memory_mb for job in jobs),
        }
        for stage, jobs in costs.items()
        if jobs
    ]
    columns = ["stage", "jobs", "seconds", "cpu_seconds", "share", "longest", "memory_mb"]
    table = pd.DataFrame(rows, columns=columns)
    table["share"] = table["cpu_seconds"] / (table["cpu_seconds"].sum() or 1)
    return table.sort_values("cpu_seconds", ascending=False, ignore_index=True)
