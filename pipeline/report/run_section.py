"""Section "Cost and environment": the only part of the page that differs from run to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.report.markup import Table, table_view
from pipeline.report.number_text import duration


@dataclass(frozen=True)
class RunSection:
    """Time and memory per stage, package versions, settings."""

    costs: Table | None
    total: str
    versions: Table
    settings: Table


def run_section(
    costs: Mapping[str, Sequence[tuple[float, float]]],
    versions: Mapping[str, Mapping[str, int]],
    settings: Mapping[str, str],
) -> RunSection:
    """Arrange what a run took and what it ran with.

    `costs` has (seconds, peak memory in MB) of each job of a stage; `versions` how many artifacts
    were made with each version of a package.
    """
    total = sum(seconds for jobs in costs.values() for seconds, _ in jobs)
    lines = [_cost(stage, jobs, total) for stage, jobs in costs.items()]
    found = [
        {"Package": package, "version": ", ".join(_counted(counts))}
        for package, counts in versions.items()
        if counts
    ]
    return RunSection(
        costs=table_view(pd.DataFrame(lines), 1, "Time and memory per stage") if lines else None,
        total=duration(total),
        versions=table_view(pd.DataFrame(found), 1, "Versions"),
        settings=table_view(
            pd.DataFrame({"Setting": settings.keys(), "value": settings.values()}), 1, "Settings"
        ),
    )


def _cost(stage: str, jobs: Sequence[tuple[float, float]], total: float) -> dict[str, str]:
    seconds, memory = zip(*jobs, strict=True)
    return {
        "Stage": stage.replace("_", " "),
        "jobs": str(len(jobs)),
        "total time": duration(sum(seconds)),
        "share": f"{sum(seconds) / (total or 1):.0%}",
        "longest job": duration(max(seconds)),
        # a job that ends before the first look at its memory has none
        "peak memory": f"{max(memory):,.0f} MB" if max(memory) else "–",
    }


def _counted(counts: Mapping[str, int]) -> list[str]:
    """Name versions, with the number of artifacts where there are several."""
    if len(counts) == 1:
        return list(counts)
    return [f"{version} ({count} artifacts)" for version, count in sorted(counts.items())]
