"""Time and memory of every job, in results/<profile>/costs/<step>/…

Snakemake's `benchmark:` watches from outside, once in half a minute, and misses the peaks of short
jobs; each job asks the kernel instead, which knows them.
"""

import csv
import resource
import sys
from collections import defaultdict
from pathlib import Path

from hessian_boundary.artifacts.store import save_text
from hessian_boundary.runtime.costs import Cost

FOLDER = "costs"


def record_cost(step: str, output: str, seconds: float) -> None:
    """Write what this process took to make `output`, in `seconds` of wall time."""
    results, profile, *rest = Path(output).parts
    file = Path(results, profile, FOLDER, step, *rest).with_suffix("").with_suffix(".tsv")
    used = resource.getrusage(resource.RUSAGE_SELF)
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    cost = Cost(seconds, used.ru_utime + used.ru_stime, kilobytes / 1024)
    lines = ["\t".join(Cost._fields), "\t".join(f"{value:.2f}" for value in cost), ""]
    save_text("\n".join(lines), file)


def stage_costs(results: Path) -> dict[str, list[Cost]]:
    """Return, per step, what each of its jobs took when it ran last."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    for path in sorted((results / FOLDER).rglob("*.tsv")):
        with path.open(encoding="utf-8") as file:
            (row,) = csv.DictReader(file, delimiter="\t")
        step = path.relative_to(results / FOLDER).parts[0]
        costs[step].append(Cost(**{name: float(row[name]) for name in Cost._fields}))
    return dict(costs)
