"""What made an artifact, and whether the workflow would still make it that way.

A Zarr artifact says what made it in its attribute `provenance`. For every other output, a JSON
file under `results/<profile>/provenance/` says the same and the output's digest. Neither holds
times, hosts or paths: identical work gives identical bytes.
"""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hessian_boundary.artifacts.store import file_digest, save_text, verify_bytes

# packages whose version may change the numbers; recorded, and never a reason to run again
PACKAGES = ("torch", "numpy", "xarray", "zarr", "scikit-learn", "scipy", "pandas", "matplotlib")
ZARR = ".zarr.zip"
ABSENT = "(absent)"


@dataclass(frozen=True)
class Step:
    """One job of the workflow: all its results depend on, the files it reads and those it makes."""

    spec: dict[str, Any]
    inputs: dict[str, list[str]]
    outputs: list[str]

    @classmethod
    def of(cls, job: Any) -> "Step":
        """Read one of Snakemake's jobs that is one of the study's steps."""
        inputs = {name: _as_list(entry) for name, entry in job.input.items()}
        return cls(job.params.spec, inputs, list(map(str, job.output)))


@dataclass(frozen=True)
class Verdict:
    """What is known of one artifact: fresh, stale, damaged, missing or unknown, and why."""

    status: str
    reason: str = ""
    other_versions: tuple[str, ...] = ()  # packages that have another version now


def describe(spec: Mapping[str, Any], inputs: Mapping[str, str | list[str]]) -> dict[str, Any]:
    """Return the spec, the digest of every input file, and package versions."""
    digests = {name: list(map(file_digest, _as_list(paths))) for name, paths in inputs.items()}
    return {"spec": spec, "inputs": digests, "versions": {name: version(name) for name in PACKAGES}}


def record(paths: Iterable[str], provenance: Mapping[str, Any]) -> None:
    """Close a step: write the provenance of outputs that cannot hold it themselves.

    A step that was killed in a write leaves a temporary file beside its output, and nobody but the
    next step that makes this output knows that it is of no use: it is removed.
    """
    for path in paths:
        _remove_temporaries(Path(path))
        if not path.endswith(ZARR):
            content = {**provenance, "sha256": file_digest(path)}
            save_text(json.dumps(content, sort_keys=True, indent=1) + "\n", record_path(path))
            _remove_temporaries(record_path(path))


def _remove_temporaries(path: Path) -> None:
    for temporary in path.parent.glob(
        f".{path.name}.*.tmp"
    ):  # as hessian_boundary.artifacts.store names them
        temporary.unlink()


def record_path(path: str) -> Path:
    """Return where the provenance of results/<profile>/<any path> is written."""
    results, profile, *rest = Path(path).parts
    return Path(results, profile, "provenance", *rest[:-1], f"{rest[-1]}.json")


def find_record(path: Path) -> Path | None:
    """Return where the provenance of a file is, wherever its results folder was copied to."""
    path = path.absolute()
    for folder in path.parents:
        record = folder / "provenance" / f"{path.relative_to(folder)}.json"
        if record.is_file():
            return record
    return None


def read_record(path: str) -> dict[str, Any]:
    """Return an artifact's provenance.

    Raises OSError where there is none, and KeyError or ValueError where it is not this workflow's.
    """
    if path.endswith(ZARR):
        with zipfile.ZipFile(path) as archive:
            content = json.loads(json.loads(archive.read("zarr.json"))["attributes"]["provenance"])
    else:
        content = json.loads(record_path(path).read_text(encoding="utf-8"))
    for name in ("spec", "inputs", "versions"):
        if not isinstance(content, dict) or not isinstance(content.get(name), dict):
            raise ValueError(f"expected {name!r} in its provenance, found none")
    return content


def remembered() -> Callable[[str], str]:
    """Return file_digest with a memory: an artifact is the input of several steps."""
    return cache(file_digest)


def judge(path: str, step: Step, digest: Callable[[str], str] = file_digest) -> Verdict:
    """Compare an artifact and its provenance with the step that makes it now."""
    if not Path(path).is_file():
        return Verdict("missing")
    if path.endswith(ZARR) and (damage := _damage(path)):
        return Verdict("damaged", damage)
    try:
        provenance = read_record(path)
    except FileNotFoundError as error:
        return Verdict("unknown", f"expected its provenance in {error.filename}, found no file")
    except (OSError, KeyError, TypeError, ValueError) as error:
        return Verdict("unknown", f"no readable provenance ({type(error).__name__}: {error})")
    if not path.endswith(ZARR) and digest(path) != provenance.get("sha256"):
        return Verdict("damaged", "its content is not what the workflow wrote")
    others = tuple(
        f"{name} {provenance['versions'].get(name, ABSENT)} → {version(name)}"
        for name in PACKAGES
        if provenance["versions"].get(name) != version(name)
    )
    changes = [*differences(provenance["spec"], step.spec)]
    changes += _input_changes(provenance["inputs"], step.inputs, digest)
    if changes:
        return Verdict("stale", "; ".join(changes), others)
    missing = [file for files in step.inputs.values() for file in files if not Path(file).is_file()]
    if missing:
        return Verdict("unknown", f"its input {missing[0]} is missing", others)
    return Verdict("fresh", "", others)


def _damage(path: str) -> str | None:
    try:
        return verify_bytes(path)
    except Exception as error:  # a damaged header may ask zipfile for anything
        return f"{type(error).__name__}: {error}"


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Yield every leaf in which two provenances differ, as `settings.epochs 100 → 200`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(
                old.get(key, ABSENT), new.get(key, ABSENT), f"{place}.{key}" if place else key
            )
    elif (before := json.dumps(old)) != (after := json.dumps(new)):  # 1, 1.0 and true differ
        yield place if place == "code" else f"{place} {_apart(before, after)}"


def _input_changes(
    recorded: Mapping[str, list[str]],
    inputs: Mapping[str, list[str]],
    digest: Callable[[str], str],
) -> Iterator[str]:
    for name in sorted(recorded.keys() | inputs.keys()):
        digests, paths = recorded.get(name, []), inputs.get(name, [])
        if len(digests) != len(paths):
            yield f"input {name}: {len(digests)} → {len(paths)} files"
            continue
        for before, path in zip(digests, paths, strict=True):
            if Path(path).is_file() and digest(path) != before:
                yield f"input {name} ({path})"


def _apart(before: str, after: str, limit: int = 60) -> str:
    """Show two texts side by side, long ones from a little before where they part."""
    pairs = enumerate(zip(before, after, strict=False))
    parted = next((i for i, (a, b) in pairs if a != b), min(len(before), len(after)))
    start = max(0, parted - limit // 4) if max(len(before), len(after)) > limit else 0

    def window(text: str) -> str:
        end = start + limit
        return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"

    return f"{window(before)} → {window(after)}"


def _as_list(paths: str | Iterable[str]) -> list[str]:
    return [str(paths)] if isinstance(paths, str) else list(map(str, paths))
