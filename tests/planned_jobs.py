"""Print, as JSON, the jobs that Snakemake would run: [rule, dataset, training, seed] each.

Run as a process of its own per question, because Snakemake and the code digests keep state, and
with the tree of code that is asked: `python tests/planned_jobs.py CODE DIRECTORY CONFIG TARGET…`
"""

import json
import sys
from pathlib import Path


def planned_jobs(directory: str, config_file: str, targets: list[str]) -> list[tuple[str, ...]]:
    """Return the jobs of a dry run."""
    from workflow.verify import dry_run  # of the tree of code that is asked

    with dry_run(targets, Path(directory), {}, [Path(config_file)]) as dag:
        return sorted(
            (job.rule.name, *(job.wildcards.get(n, "") for n in ("dataset", "training", "seed")))
            for job in dag.needrun_jobs(exclude_finished=False)
            if not job.rule.norun
        )


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print(json.dumps(planned_jobs(*sys.argv[2:4], sys.argv[4:])))
