"""After a run: what was made, where, and how long each stage took."""

import csv
import sys
from collections import defaultdict
from pathlib import Path


def main(profile: str) -> None:
    """Print the tables and figures of a profile and the time and memory of its stages."""
    results = Path("results") / profile
    print(f"\nThe {profile} profile is complete.")
    for folder, kinds in (("figures", "pdf, png"), ("tables", "csv, md, tex")):
        names = sorted({path.stem for path in (results / folder).glob("*.*")})
        print(f"  {folder:<8} {results / folder}/  ({kinds}): {', '.join(names)}")
    print(f"  arrays   {results}/<dataset>/<training>/seed<n>/*.zarr.zip\n")
    print("  stage                 jobs   total time   longest   peak memory")
    for stage, jobs in stage_costs(results / "benchmarks").items():
        seconds, memory = zip(*jobs, strict=True)
        print(
            f"  {stage:<20} {len(jobs):>5} {sum(seconds):>10.0f} s {max(seconds):>7.0f} s "
            f"{max(memory):>10.0f} MB"
        )


def stage_costs(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Return, per rule, (seconds, peak resident memory in MB) of each of its jobs' last runs."""
    costs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for path in sorted(folder.rglob("*.tsv")):
        with path.open() as file:
            for row in csv.DictReader(file, delimiter="\t"):
                memory = row["max_rss"]
                costs[path.relative_to(folder).parts[0]].append(
                    (float(row["s"]), float(memory) if memory not in ("-", "NA") else 0.0)
                )
    return dict(costs)


if __name__ == "__main__":
    main(*sys.argv[1:])
