"""After a run: what was made, where, and where the time went."""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Costs = Mapping[str, Sequence[tuple[float, float]]]  # rule -> (seconds, MB) of each of its jobs


def main(profile: str) -> None:
    """Print the tables and figures of a profile and the time and memory of its stages."""
    results = Path("results") / profile
    print(f"\nThe {profile} profile is complete.")
    for folder, kinds in (("figures", "pdf, png"), ("tables", "csv, md, tex")):
        names = sorted({path.stem for path in (results / folder).glob("*.*")})
        print(f"  {folder:<8} {results / folder}/  ({kinds}): {', '.join(names)}")
    print(f"  arrays   {results}/<dataset>/<training>/seed<n>/*.zarr.zip\n")
    for line in cost_table(stage_costs(results / "benchmarks")):
        print(f"  {line}")


def stage_costs(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Return, per rule, (seconds, peak resident memory in MB) of each of its jobs' last runs.

    Rules come in the order of their total time, the most expensive first.
    """
    costs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for path in sorted(folder.rglob("*.tsv")):
        with path.open() as file:
            for row in csv.DictReader(file, delimiter="\t"):
                memory = row["max_rss"]
                costs[path.relative_to(folder).parts[0]].append(
                    (float(row["s"]), float(memory) if memory not in ("-", "NA") else 0.0)
                )
    return dict(sorted(costs.items(), key=lambda item: -_seconds(item[1])))


def cost_table(costs: Costs) -> Iterator[str]:
    """Yield a line per stage, with its share of the time of all jobs, and one for all of them."""
    yield "stage               jobs   total time   share   longest   peak memory"
    every = [job for jobs in costs.values() for job in jobs]
    for stage, jobs in [*costs.items(), ("all", every)] if every else []:
        share = _seconds(jobs) / (_seconds(every) or 1)
        yield (
            f"{stage:<18} {len(jobs):>5} {_seconds(jobs):>10.0f} s {share:>7.1%} "
            f"{max(seconds for seconds, _ in jobs):>7.0f} s "
            f"{max(memory for _, memory in jobs):>10.0f} MB"
        )


def _seconds(jobs: Sequence[tuple[float, float]]) -> float:
    return sum(seconds for seconds, _ in jobs)


if __name__ == "__main__":
    main(*sys.argv[1:])
