"""Is an artifact what the workflow would make now?"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hessian_study.provenance.file_digests import digest_in_this_state, file_digest
from hessian_study.provenance.records import (
    ZARR,
    RecordError,
    Step,
    is_result,
    package_versions,
    read_record,
)

ABSENT = "(absent)"


@dataclass(frozen=True)
class Verdict:
    """What is known of one artifact: fresh, stale, damaged, missing or unknown, and why."""

    status: str
    reason: str = ""
    other_versions: tuple[str, ...] = ()  # packages that have another version now
    inherited: bool = False  # fit in itself, and made from one that is not


def judge(path: str, step: Step, digest: Callable[[str], str] = file_digest) -> Verdict:
    """Compare an artifact, its record and its inputs with the step that makes it now."""
    if not Path(path).is_file():
        return Verdict("missing")
    try:
        record = read_record(path)
    except RecordError as error:
        return Verdict("unknown", str(error))
    if digest(path) != record["sha256"]:
        return Verdict("damaged", _damage(path))
    now = package_versions()
    others = tuple(
        f"{name} {record['versions'].get(name, ABSENT)} → {version}"
        for name, version in now.items()
        if record["versions"].get(name) != version
    )
    if changes := [*changes_since(record, step, digest)]:
        return Verdict("stale", "; ".join(changes), others)
    missing = [file for files in step.inputs.values() for file in files if not Path(file).is_file()]
    if missing:
        return Verdict("unknown", f"its input {missing[0]} is missing", others)
    return Verdict("fresh", "", others)


def judge_record(path: str, step: Step) -> Verdict:
    """Compare an artifact's record, and those of its inputs, with the step.

    Of results no content is read. Inputs from elsewhere have no record, and no time tells whether
    they are what they were: a file that is moved or unpacked into the place of another keeps its
    own. So their content is.
    """
    try:
        changes = [*changes_since(read_record(path), step, _recorded_digest)]
    except RecordError as error:
        return Verdict("unknown", str(error))
    return Verdict("stale", "; ".join(changes)) if changes else Verdict("fresh")


def is_as_recorded(step: Step) -> bool:
    """Tell whether what a step made is there, undamaged, and by its records not stale.

    Of its inputs only the records are read.
    """
    return all(
        Path(path).is_file()
        and judge_record(path, step).status == "fresh"
        and digest_in_this_state(path) == read_record(path)["sha256"]
        for path in step.outputs
    )


def changes_since(
    record: Mapping[str, Any], step: Step, digest: Callable[[str], str | None]
) -> Iterator[str]:
    """Yield in what a step differs from the one that was recorded; `digest` of a file may be
    None for "not known".
    """
    yield from differences(record["spec"], step.spec)
    for name in sorted(record["inputs"].keys() | step.inputs.keys()):
        digests, paths = record["inputs"].get(name, []), step.inputs.get(name, [])
        if len(digests) != len(paths):
            yield f"input {name}: {len(digests)} → {len(paths)} files"
            continue
        for before, path in zip(digests, paths, strict=True):
            if Path(path).is_file() and digest(path) not in (before, None):
                yield f"input {name} ({path})"


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Yield every leaf in which two provenances differ, as `settings.epochs 100 → 200`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(
                old.get(key, ABSENT), new.get(key, ABSENT), f"{place}.{key}" if place else key
            )
    elif (before := json.dumps(old)) != (after := json.dumps(new)):  # 1, 1.0 and true differ
        yield place if place == "code" else f"{place} {_apart(before, after)}"


def _recorded_digest(path: str) -> str | None:
    """Return what a result's own record says, and of another file what it holds.

    A missing record, and a file that may not be read, are named where they are needed.
    """
    try:
        return read_record(path)["sha256"] if is_result(path) else digest_in_this_state(path)
    except (RecordError, OSError):
        return None


def _damage(path: str) -> str:
    """Say whether a file is cut short or damaged in itself, or another whole one."""
    if path.endswith(ZARR):
        from hessian_boundary.artifacts.store import verify_bytes  # planning has no second for it

        if found := verify_bytes(path):
            return found
    return "its content is not what the workflow wrote: it was damaged, replaced or rewritten"


def _apart(before: str, after: str, limit: int = 60) -> str:
    """Show two texts side by side, long ones from a little before where they part."""
    pairs = enumerate(zip(before, after, strict=False))
    parted = next((i for i, (a, b) in pairs if a != b), min(len(before), len(after)))
    start = max(0, parted - limit // 4) if max(len(before), len(after)) > limit else 0

    def window(text: str) -> str:
        end = start + limit
        return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"

    return f"{window(before)} → {window(after)}"
