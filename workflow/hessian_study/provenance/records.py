"""What made an artifact, beside the artifact: results/<profile>/provenance/<its path>.json.

A record says what the artifact depends on (`spec`, digests of `inputs`), package `versions`, the
`device` that computed it, and the SHA-256 of its content. It holds no times and no paths: identical
work on a machine gives identical bytes.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hessian_study.provenance.devices import device_name
from hessian_study.provenance.file_digests import file_digest

# packages whose version may change the numbers; recorded, and never a reason to run again
PACKAGES = ("torch", "numpy", "xarray", "zarr", "scikit-learn", "scipy", "pandas", "matplotlib")
ZARR = ".zarr.zip"
FOLDER = "provenance"
LARGEST = 50_000_000  # bytes; a table over thousands of runs has a record of less than a million


@dataclass(frozen=True)
class Step:
    """One job of the workflow: all its results depend on, the files it reads, makes and logs to."""

    spec: dict[str, Any]
    inputs: dict[str, list[str]]
    outputs: list[str]
    logs: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, job: Any) -> "Step":
        """Read one of Snakemake's jobs that is one of the study's steps."""
        inputs = {name: as_list(entry) for name, entry in job.input.items()}
        return cls(job.params.spec, inputs, list(map(str, job.output)), list(map(str, job.log)))


class RecordError(ValueError):
    """A record is missing, or is none of this workflow's."""


def describe(spec: Mapping[str, Any], digests: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what an artifact says of itself: spec, digest of every input, package versions."""
    return {"spec": spec, "inputs": digests, "versions": package_versions()}


@cache
def package_versions() -> dict[str, str]:
    """Return the installed version of each package that may change the numbers."""
    return {name: version(name) for name in PACKAGES}


def record(paths: Iterable[str], provenance: Mapping[str, Any]) -> None:
    """Close a step: write the record of each of its outputs.

    A step that was killed in a write leaves a temporary file beside its output, and nobody but the
    next step that makes this output knows that it is of no use: it is removed.
    """
    from hessian_boundary.artifacts.store import save_text  # takes a second, and planning has none

    for path in paths:
        _remove_temporaries(Path(path))
        content = {**provenance, "device": device_name(), "sha256": file_digest(path)}
        save_text(json.dumps(content, sort_keys=True, indent=1) + "\n", record_path(path))
        _remove_temporaries(record_path(path))


def _remove_temporaries(path: Path) -> None:
    # as hessian_boundary.artifacts.store names them
    for temporary in path.parent.glob(f".{path.name}.*.tmp"):
        temporary.unlink()


def is_result(path: str) -> bool:
    """Tell whether a path, as rules write it, is one that has a record: results/<profile>/…"""
    parts = Path(path).parts
    return len(parts) > 2 and parts[0] == "results" and parts[2] != FOLDER


def record_path(path: str) -> Path:
    """Return where the record of results/<profile>/<any path> is written."""
    results, profile, *rest = Path(path).parts
    return Path(results, profile, FOLDER, *rest[:-1], f"{rest[-1]}.json")


def find_record(path: Path) -> Path | None:
    """Return where the record of a file is, wherever its results folder was copied to."""
    path = path.absolute()
    for folder in path.parents:
        record = folder / FOLDER / f"{path.relative_to(folder)}.json"
        if record.is_file():
            return record
    return None


def read_record(path: str) -> dict[str, Any]:
    """Return the record of an artifact. Raises RecordError where it is missing or damaged."""
    file = record_path(path)
    try:
        if file.stat().st_size > LARGEST:
            raise RecordError(f"expected a record in {file}, found more than {LARGEST:,} bytes")
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordError(
            f"no record of what made it in {file}: it comes from an earlier version of this "
            "workflow, from elsewhere, or from a job that did not end; it is made again"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"no readable record in {file} ({error})") from error
    for name in ("spec", "inputs", "versions"):
        if not isinstance(content, dict) or not isinstance(content.get(name), dict):
            raise RecordError(f"expected {name!r} in its record {file}, found none")
    if not isinstance(content.get("sha256"), str):
        raise RecordError(f"expected 'sha256' in its record {file}, found none")
    return content


def as_list(paths: str | Iterable[str]) -> list[str]:
    """Return one path as a list, or several as they are."""
    return [str(paths)] if isinstance(paths, str) else list(map(str, paths))
