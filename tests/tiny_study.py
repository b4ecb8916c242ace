"""The real configuration made tiny: every experiment with 8 units and 30 epochs, one seed."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


def tiny_config() -> dict[str, Any]:
    """Return a configuration with the structure of config.yaml that runs in about a minute."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config = json.loads(json.dumps(config))  # YAML's anchors share objects; editing must not
    for trainings in config["experiments"].values():
        for entry in trainings.values():
            entry["epochs"] = 30
            if "hidden" in entry["architecture"]:
                entry["architecture"]["hidden"] = [8] * len(entry["architecture"]["hidden"])
    config["profile"] = "tiny"
    config["profiles"]["tiny"] = {
        "seeds": [0],
        "random_labels_until_fitted": False,
        "without": [],
        "download": False,
    }
    config["alignment"]["grid_resolution"] = 12
    return config


class TinyStudy:
    """A working directory with a tiny configuration, and the tree of code that is run in it."""

    def __init__(self, directory: Path, code: Path = ROOT) -> None:
        self.directory, self.code = directory, code
        self.config = tiny_config()

    @property
    def results(self) -> Path:
        """Where the artifacts of the tiny profile are."""
        return self.directory / "results" / "tiny"

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

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the real Snakefile in the working directory."""
        command = [
            *(sys.executable, "-m", "snakemake"),
            *("--snakefile", str(self.code / "Snakefile")),
            *("--directory", str(self.directory)),
            *("--configfile", str(self._write_config())),
            *("--cores", "2"),
            *arguments,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def planned(self, *targets: str) -> list[tuple[str, ...]]:
        """Return (rule, dataset, training, seed) of every job that would run."""
        command = [
            *(sys.executable, str(ROOT / "tests" / "planned_jobs.py")),
            *(str(self.code / "Snakefile"), str(self.directory), str(self._write_config())),
            *(targets or ("all",)),
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return [tuple(job) for job in json.loads(result.stdout)]

    def _write_config(self) -> Path:
        file = self.directory / "config.json"
        file.write_text(json.dumps(self.config))
        return file
