"""Judge every claim of the paper by its checks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from hessian_boundary.artifacts.store import open_table, save_table, save_text
from hessian_boundary.claims.claim_list import Claim, read_claims
from hessian_boundary.claims.claim_table import claim_notes, claim_table, display_claims
from hessian_boundary.claims.numbers import collect
from hessian_boundary.statistics.correlations import COLUMNS
from hessian_boundary.tables.formats import markdown
from hessian_boundary.tables.notes import study_notes
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write one line per check with its claim's verdict, and the same for reading."""
    claims = open_claims(job.input["claims"], job.settings)
    measures, correlations = open_table(job.input["measures"]), open_correlations(job)
    contrasts = [open_table(path) for path in job.input.get("contrasts", [])]
    together = pd.concat(contrasts, ignore_index=True) if contrasts else None
    table = claim_table(claims, collect(measures, _figures(job), correlations, together))
    save_table(table, job.output["csv"])
    notes = [*study_notes(job.settings["note"]), *claim_notes(table)]
    save_text(markdown(display_claims(table), notes), job.output["markdown"])


def open_correlations(job: Job) -> pd.DataFrame:
    """Return the rank correlations; none where no model's exact boundary is known."""
    tables = [open_table(path) for path in job.input["correlations"]]
    return tables[0] if tables else pd.DataFrame(columns=list(COLUMNS))


def _figures(job: Job) -> dict[str, pd.DataFrame]:
    """Return the numbers of each figure with the seed of their run."""
    drawn = ((path, job.settings["drawn_seed"]) for path in job.input["numbers"])
    # …/seed3/fig07.csv
    further = ((p, Path(p).parent.name.removeprefix("seed")) for p in job.input.get("further", []))
    tables: dict[str, list[pd.DataFrame]] = {}
    for path, seed in [*drawn, *further]:
        tables.setdefault(Path(path).stem, []).append(open_table(path).assign(seed=int(seed)))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}


def open_claims(path: str | Path, settings: Mapping[str, Any]) -> list[Claim]:
    """Return the claims that a study can show: it has all figures and tables that they name.

    `settings` gives its `targets` and those of the `paper`. Raises ClaimError for a mistake in the
    list.
    """
    entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    claims = read_claims(entries, [*settings["targets"], *settings["paper"]])
    return [claim for claim in claims if set(claim.figures) <= set(settings["targets"])]
