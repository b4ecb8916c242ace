"""Print, as JSON, the jobs that Snakemake would run: [rule, dataset, training, seed] each.

One rule makes all figures; its jobs go by the figure's name.
Run as a process of its own per question, because Snakemake and the code digests keep state:
`python tests/helpers/planned_jobs.py DIRECTORY CONFIG TARGET…`
"""

import json
import sys
from pathlib import Path

from hessian_study.commands.planning import dry_run


def planned_jobs(directory: str, config_file: str, targets: list[str]) -> list[tuple[str, ...]]:
    """Return the jobs of a dry run."""
    with dry_run(targets, Path(directory), {}, [Path(config_file)]) as dag:
        return sorted(
            (
                job.wildcards.get("figure", job.rule.name),
                *(job.wildcards.get(n, "") for n in ("dataset", "training", "seed")),
            )
            for job in dag.needrun_jobs(exclude_finished=False)
            if not job.rule.norun
        )


if __name__ == "__main__":
    print(json.dumps(planned_jobs(*sys.argv[1:3], sys.argv[3:])))
