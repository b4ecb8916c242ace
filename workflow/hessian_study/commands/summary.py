"""After a run: what was made, where, and where the time went."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from hessian_boundary.runtime.costs import Cost, summarise_costs
from hessian_study.jobs.costs import stage_costs


def main(profile: str) -> None:
    """Print the tables and figures of a profile and the time and memory of its stages."""
    results = Path("results") / profile
    complete = (results / "report.html").is_file()  # it is made last
    print(f"\nThe {profile} profile is {'complete' if complete else 'not complete; so far'}:")
    for folder, kinds in (("figures", "pdf, png"), ("tables", "csv, md, tex")):
        names = sorted({path.stem for path in (results / folder).glob("*.*")})
        print(f"  {folder:<8} {results / folder}/  ({kinds}): {', '.join(names)}")
    print(f"  report   {results / 'report.html' if complete else 'not yet'}")
    print(f"  arrays   {results}/<dataset>/<training>/seed<n>/*.zarr.zip\n")
    for line in cost_table(stage_costs(results)):
        print(f"  {line}")


def cost_table(costs: Mapping[str, Sequence[Cost]]) -> Iterator[str]:
    """Yield a line per stage, with its share of the CPU time of all jobs, and one for all."""
    yield "stage                  jobs        time    CPU time   share   longest   peak memory"
    table = summarise_costs(costs)
    every = summarise_costs({"all": [job for jobs in costs.values() for job in jobs]})
    for row in pd.concat([table, every]).itertuples():
        yield (
            f"{row.stage:<21} {row.jobs:>5} {row.seconds:>9.0f} s {row.cpu_seconds:>9.0f} s "
            f"{row.share:>7.1%} {row.longest:>7.0f} s {row.memory_mb:>10.0f} MB"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
