"""The real configuration made tiny: a few units, images and epochs, and one seed."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from helpers.planned_jobs import planned_jobs
from helpers.shared_warm_process import shared_warm_process
from hessian_study.configuration.study import completed
from hessian_study.jobs.run_job import ADDRESS
from hessian_study.provenance.file_digests import file_digest

ROOT = Path(__file__).resolve().parents[2]


def tiny_config() -> dict[str, Any]:
    """Return a configuration with the structure of config.yaml that runs in about a minute."""
    config = completed(yaml.safe_load((ROOT / "config.yaml").read_text()))
    config = json.loads(json.dumps(config))  # YAML's anchors share objects; editing must not
    for trainings in config["experiments"].values():
        for entry in trainings.values():
            entry["epochs"] = max([min(entry["epochs"], 30), *entry.get("checkpoints", [])])
            hidden = entry["architecture"].get("hidden", [2])  # images too: no convolutions
            if "hidden" in entry["architecture"]:
                hidden = [8] * len(hidden)
            activation = entry["architecture"].get("activation", "relu")
            entry["architecture"] = {"name": "mlp", "hidden": hidden, "activation": activation}
    for entry in config["datasets"].values():
        if "per_class" in entry["parameters"]:
            entry["parameters"]["per_class"] = 20
    config["profile"] = "tiny"
    config["profiles"]["tiny"] = {
        "seeds": [0],
        "random_labels_until_fitted": False,
        "changes": {},
        "without": [],
        "download": False,
        "compare_arithmetics": True,
    }
    config["alignment"]["grid_resolution"] = 12
    return config


def datasets_without_files() -> dict[str, Any]:
    """Return the entries of config.yaml whose data are generated or shipped by a package."""
    entries = yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"]
    return {name: entry for name, entry in entries.items() if "files" not in entry}


def image_datasets() -> list[str]:
    """Return the data sets of images, for `profiles__tiny__without`: most tests can do without.

    Leaving them out of a table has no effect: Snakemake adds config.yaml's entries to those given.
    """
    datasets = yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"]
    return [name for name, entry in datasets.items() if "files" in entry]


class TinyStudy:
    """A working directory with a tiny configuration, and the tree of code that is run in it."""

    def __init__(self, directory: Path, code: Path = ROOT) -> None:
        self.directory, self.code = directory, code
        self.config = tiny_config()

    @classmethod
    def with_own_code(cls, directory: Path) -> "TinyStudy":
        """Return a study with a copy of the code in its directory, to edit."""
        code = directory / "code"
        for name in ("pipeline", "workflow", "benchmarks"):
            shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("Snakefile", "config.yaml"):
            shutil.copy(ROOT / name, code / name)
        return cls(directory, code)

    @contextmanager
    def restored(self, saved: Path) -> Iterator["TinyStudy"]:
        """Give the study and put everything in its directory back afterwards."""
        shutil.copytree(self.directory, saved, copy_function=shutil.copy2)
        yield self
        shutil.rmtree(self.directory)
        shutil.copytree(saved, self.directory, copy_function=shutil.copy2)

    @property
    def results(self) -> Path:
        """Where the artifacts of the tiny profile are."""
        return self.directory / "results" / "tiny"

    def artifacts(self) -> dict[str, str]:
        """Return the digest of every result; costs differ each time and are left out."""
        return {
            str(path.relative_to(self.results)): file_digest(path)
            for path in sorted(self.results.rglob("*"))
            if path.is_file() and "costs" not in path.parts
        }

    def edited(self, **changes: Any) -> "TinyStudy":
        """Return the same study with `section__key__key=value` changes to its configuration."""
        study = copy.copy(self)
        study.config = copy.deepcopy(self.config)
        for path, value in changes.items():
            *parents, key = path.split("__")
            section = study.config
            for parent in parents:
                section = section[parent]
            section[key] = value
        return study

    def python(self) -> list[str]:
        """Return the command for a Python that imports the study's own code."""
        sources = f"{self.code}/pipeline:{self.code}/workflow:{self.code}"
        return ["env", f"PYTHONPATH={sources}", sys.executable]

    def warm(self) -> list[str]:
        """Return what stands before a command whose jobs share one process with the libraries.

        Nothing where the code strikes at its own jobs (see `strikes`): these start from nothing.
        """
        if (self.code / "workflow" / "sitecustomize.py").exists():
            return []
        return ["env", f"{ADDRESS}={shared_warm_process(self.code)}"]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the real Snakefile in the working directory."""
        command = [*self.warm(), *self.command(*arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs the real Snakefile in the working directory."""
        return [
            *self.python(),
            *("-m", "snakemake"),
            *("--snakefile", str(self.code / "Snakefile")),
            *("--directory", str(self.directory)),
            *("--configfile", str(self.write_config())),
            *("--cores", "2"),
            *arguments,
        ]

    def planned(self, *targets: str) -> list[tuple[str, ...]]:
        """Return (rule, dataset, training, seed) of every job that would run."""
        asked = list(targets or ("all",))
        return planned_jobs(self.code, self.directory, self.write_config(), asked)

    def write_config(self) -> Path:
        """Write the configuration into the working directory, where every run reads it."""
        file = self.directory / "config.json"
        file.write_text(json.dumps(self.config))
        return file
