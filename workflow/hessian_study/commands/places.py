"""Which file belongs to what: a run of an experiment, a data set, a table or a figure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hessian_study.configuration.study import Study
from hessian_study.jobs.costs import FOLDER as COSTS
from hessian_study.project import STEPS
from hessian_study.provenance.records import FOLDER as RECORDS

SEED = re.compile(r"seed(\d+)")
# where the many small networks of a data set are, and what their tables and figure are called
SWEPT = "generalisation"
COMPARED = (SWEPT, "regimes", "margins")
# what the names of a target's further files end in
ENDS = ("_published", "_curves", "_starts", "_models", "_answer")
NUMBERS = "figure_numbers"  # a step of figures, for every seed


@dataclass(frozen=True)
class Place:
    """What a file belongs to, by its path below results/<profile>: a data set and perhaps a
    training and a seed of it, or else a target's name.
    """

    target: str = ""
    dataset: str = ""
    training: str = ""
    seed: int | None = None

    @classmethod
    def of(cls, *parts: str) -> "Place":
        """Read the parts of a path below results/<profile>, such as `gaussian`, `normal`, …

        One that is too short, as of a file that something else has left there, is of nothing.
        """
        if not parts:
            return cls()
        *folders, file = parts
        name = file.split(".")[0]
        if not folders or folders[0] in ("tables", "figures"):
            return cls(target=name)
        if folders[0] == SWEPT and len(folders) > 1:
            return cls(dataset=folders[1])
        dataset, *rest = folders
        if not rest:
            return cls(dataset=dataset)
        seeds = [int(found[1]) for folder in rest if (found := SEED.fullmatch(folder))]
        found = SEED.fullmatch(name)  # logs and costs are called seed0.log where results are seed0/
        return cls("", dataset, rest[0], seeds[0] if seeds else int(found[1]) if found else None)

    def experiments(self) -> Iterator[str]:
        """Yield the names of what it is of: `gaussian`, `gaussian/normal`."""
        if self.dataset:
            yield self.dataset
        if self.training:
            yield f"{self.dataset}/{self.training}"

    def is_of(self, experiment: str) -> bool:
        """Tell whether it belongs to a data set or an experiment."""
        return experiment in self.experiments()

    def is_in(self, study: Study) -> bool:
        """Tell whether a configuration has what it belongs to."""
        if self.target:
            steps = [file.stem for file in STEPS.glob("*.py")]
            known = (*study.config["tables"], *study.config["figures"], *steps, *COMPARED)
            return any(self.target in {name, *(name + end for end in ENDS)} for name in known)
        if self.dataset not in study.config["datasets"]:
            return False
        if not self.training:
            return True
        trainings = study.config["experiments"].get(self.dataset, {})
        probed = {seed for *run, seed in study.selection.margin_runs() if run[0] == self.dataset}
        run = (self.dataset, self.training, str(self.seed))
        return self.training in trainings and (
            self.seed in {None, *study.seeds, *probed} or run in study.started_from
        )


def study_files(profile: str) -> dict[Path, Place]:
    """Return every file of a profile, below the current folder, with what it belongs to.

    What belongs to nothing of a study's, such as a hidden file of a file manager's, is left out.
    """
    places: dict[Path, Place] = {}
    results, logs = Path("results", profile), Path("logs", profile)
    for file in _files(results):
        parts = file.relative_to(results).parts
        skipped = {COSTS: 2, RECORDS: 1}.get(parts[0], 0)  # costs are apart by step
        places[file] = Place.of(*parts[skipped:])
    datasets = {place.dataset for place in places.values()}
    for file in _files(logs):
        step, *rest = file.relative_to(logs).parts
        places[file] = _logged(step, rest or [step], datasets)
    return {file: place for file, place in places.items() if place != Place()}


def _logged(step: str, parts: list[str], datasets: set[str]) -> Place:
    """Return what a log belongs to: logs are apart by step, and those of a figure by seed."""
    name = parts[-1].split(".")[0]
    if step == NUMBERS:
        return Place(target=name)
    if len(parts) == 1 and name in datasets:  # make_dataset/gaussian.log
        return Place(dataset=name)
    return Place.of(*parts)


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
