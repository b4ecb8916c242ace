"""Which tables and figures a profile makes, and why it leaves out others.

A data set that the profile is `without` is dropped from tables and figures; one that would have
to be downloaded keeps its tables and figures out of `all`, and so does a table's own name in
`without`; they can still be asked for by name.
"""

from collections.abc import Mapping
from typing import Any

from hessian_study.configuration.targets.columns import WITH_SPECTRUM, measure_files
from hessian_study.project import DATA, data_folders

Run = tuple[str, str, int]  # data set, training, seed


class Selection:
    """The tables and figures of a configuration's profile."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._profile = config["profiles"][config["profile"]]

    def rows(self, name: str) -> list[tuple[str, str]]:
        """Return (data set, training) of the rows of a table, without the profile's omissions."""
        entry = self._config["tables"][name]
        if not self.columns(name):
            return [(d, training) for d, found in self._kept(entry).items() for training in found]
        rows = [(row.split("/")[0], row.split("/")[1]) for row in entry["experiments"]]
        return [row for row in rows if not self._omitted(row[0])]

    def columns(self, name: str) -> list[str]:
        """Return the columns that a table says it has; none where they are those of the paper."""
        return list(self._config["tables"][name].get("columns", ()))

    def made_tables(self) -> list[str]:
        """Return the tables that are part of `all`: those that have a row in this profile."""
        return [
            name
            for name in self._config["tables"]
            if self.rows(name)
            and not self._omitted(name)
            and not any(self._needs_download(dataset) for dataset, _ in self.rows(name))
        ]

    def takes_spectra(self, name: str) -> bool:
        """Whether a table shows something of the Hessian's spectra, or only what needs none."""
        entries = [self._config["experiments"][d][training] for d, training in self.rows(name)]
        return WITH_SPECTRUM in measure_files(self.columns(name), entries)

    def table_runs(self, name: str) -> list[Run]:
        """Return every run that a table averages, in the order of its rows."""
        return [(*row, seed) for row in self.rows(name) for seed in self._profile["seeds"]]

    def tabulated_runs(self) -> list[Run]:
        """Return every run of a table of `all` that takes spectra, once, sorted.

        Without tables, the runs of every experiment.
        """
        if not self._config["tables"]:
            every = {dataset: list(entry) for dataset, entry in self._config["experiments"].items()}
            return sorted(self._runs(self._kept(every), self._profile["seeds"]))
        tables = filter(self.takes_spectra, self.made_tables())
        return sorted({run for name in tables for run in self.table_runs(name)})

    def planar_runs(self) -> list[Run]:
        """Return the tabulated runs on data sets of two features."""
        return [run for run in self.tabulated_runs() if run[0] in self._config["planar"]]

    def compared_runs(self) -> list[Run]:
        """Return the runs that are compared in several arithmetics, in minutes: the drawn ones."""
        compared = self._kept(self._config["precision"])
        return self._runs(compared, [self._config["drawn_seed"]])

    def resolved_runs(self) -> list[Run]:
        """Return the tabulated runs of compared models, every seed (seconds each).

        Empty where the profile does without the comparison.
        """
        compared = {run[:2] for run in self.compared_runs() if self.compares_arithmetics}
        return [run for run in self.tabulated_runs() if run[:2] in compared]

    def contrasts(self) -> list[str]:
        """Return the experiments, perhaps with a view, that are compared with nulls."""
        named = self._config["contrasts"]
        return [name for name in named if not self._omitted(name.split("/")[0])]

    def margin_runs(self) -> list[Run]:
        """Return the runs whose margins are estimated from many starts."""
        section = self._config["margins"]
        return [
            (dataset, training, seed)
            for dataset, training in (name.split("/") for name in section["experiments"])
            if not self._omitted(dataset)
            for seed in range(section["seeds"])
        ]

    @property
    def compares_arithmetics(self) -> bool:
        """Whether the comparison of arithmetics is part of `all` and of the report."""
        return bool(self._profile["compare_arithmetics"] and self._config["precision"])

    def figure(self, name: str) -> dict[str, Any]:
        """Return a figure's entry without the experiments on data sets that the profile omits.

        Where that would leave nothing to draw the entry is whole: somebody asks for it by name.
        """
        entry = dict(self._config["figures"][name])
        experiments = entry["experiments"]
        kept = [i for i, e in enumerate(experiments) if not self._omitted(e.split("/")[0])]
        for key in {"experiments", "labels"} & entry.keys() if kept else ():
            entry[key] = [entry[key][i] for i in kept]
        return entry

    def left_out(self) -> dict[str, str]:
        """Return the figures that are not part of `all`, each with the reason."""
        reasons = {}
        for name in self.figures():
            datasets = {e.split("/")[0] for e in self.figure(name)["experiments"]}
            if omitted := sorted(filter(self._omitted, datasets)):
                reasons[name] = f"{', '.join(omitted)} not part of this profile"
            elif missing := sorted(filter(self._needs_download, datasets)):
                reasons[name] = f"{', '.join(missing)} would have to be downloaded"
        return reasons

    def made_figures(self) -> list[str]:
        """Return the figures that are part of `all`, in the order of the configuration."""
        left_out = self.left_out()
        return [name for name in self.figures() if name not in left_out]

    def figures(self) -> list[str]:
        """Return the names of all figures."""
        return list(self._config["figures"])

    @staticmethod
    def _runs(rows: Mapping[str, list[str]], seeds: list[int]) -> list[Run]:
        return [(d, t, seed) for d, trainings in rows.items() for t in trainings for seed in seeds]

    def _kept(self, rows: Mapping[str, list[str]]) -> dict[str, list[str]]:
        return {dataset: rows[dataset] for dataset in rows if not self._omitted(dataset)}

    def _omitted(self, name: str) -> bool:
        return name in self._profile["without"]

    def _needs_download(self, dataset: str) -> bool:
        entry = self._config["datasets"][dataset]
        if self._profile["download"] or not entry.get("needs_files"):
            return False
        folders = [DATA, *data_folders(self._config["data_folder"])]
        return not any((folder / name).is_file() for folder in folders for name in entry["files"])
