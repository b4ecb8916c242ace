"""Section "Cost and environment": the only part of the page that differs from run to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hessian_boundary.report.html.markup import Table, table_view
from hessian_boundary.runtime.costs import Cost, summarise_costs
from hessian_boundary.wording.numbers import duration


@dataclass(frozen=True)
class RunSection:
    """Time and memory per stage, package versions, settings."""

    costs: Table | None
    total: str
    versions: Table
    settings: Table


def run_section(
    costs: Mapping[str, Sequence[Cost]],
    versions: Mapping[str, Mapping[str, int]],
    settings: Mapping[str, str],
) -> RunSection:
    """Arrange what a run took and what it ran with.

    `costs` has what each job of a stage took; `versions` how many artifacts were made with each
    version of a package.
    """
    table = summarise_costs(costs)
    lines = [_cost(row) for _, row in table.iterrows()]
    found = [
        {"Package": package, "version": ", ".join(_counted(counts))}
        for package, counts in versions.items()
        if counts
    ]
    return RunSection(
        costs=table_view(pd.DataFrame(lines), 1, "Time and memory per stage") if lines else None,
        total=duration(table["cpu_seconds"].sum()),
        versions=table_view(pd.DataFrame(found), 1, "Versions"),
        settings=table_view(
            pd.DataFrame({"Setting": settings.keys(), "value": settings.values()}), 1, "Settings"
        ),
    )


def _cost(row: pd.Series) -> dict[str, str]:
    return {
        "Stage": row["stage"].replace("_", " "),
        "jobs": str(row["jobs"]),
        "total time": duration(row["seconds"]),
        "CPU time": duration(row["cpu_seconds"]),
        "share": f"{row['share']:.0%}",
        "longest job": duration(row["longest"]),
        "peak memory": f"{row['memory_mb']:,.0f} MB",
    }


def _counted(counts: Mapping[str, int]) -> list[str]:
    """Name versions, with the number of artifacts where there are several."""
    if len(counts) == 1:
        return list(counts)
    return [f"{version} ({count} artifacts)" for version, count in sorted(counts.items())]
