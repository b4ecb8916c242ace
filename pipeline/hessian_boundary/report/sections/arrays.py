"""Section "Arrays": what each kind of array holds, where its files lie and how to open one."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from hessian_boundary.artifacts.schema import KINDS, OPTIONAL

SUFFIX = ".zarr.zip"
HOLDS = {
    "dataset": "samples, labels, random labels, and which samples are trained on",
    "model": "the trained parameters; loss and accuracy of each epoch",
    "spectrum": "eigenpairs of the Hessian, the largest eigenvalue first",
    "factor": "a piece of what the Gauss–Newton part is diagonalised from, where it has pieces",
    "alignment_samples": "A_i of every training sample",
    "alignment_grid": "A_i over the input plane, logits and predictions",
    "alignment_directions": "alignment with bottom, random and other directions",
    "embedding": "samples in the plane of t-SNE",
    "decision_boundary": "the pieces of the exact boundary, and each sample's distance to it",
    "margin": "the three points that estimate the margin",
    "models": "many small networks, their settings, errors and measures (`generalisation`)",
}


@dataclass(frozen=True)
class ArrayKind:
    """One kind: what it holds, and its variables with their dimensions."""

    name: str
    holds: str
    variables: tuple[tuple[str, str], ...]


def array_kinds() -> tuple[ArrayKind, ...]:
    """Return every kind of array, as the contract of the files (`artifacts.schema`) says."""
    return tuple(
        ArrayKind(
            kind,
            holds,
            tuple(
                (name, ", ".join(dims).replace("...", "…"))
                for name, (dims, _) in (KINDS[kind] | OPTIONAL.get(kind, {})).items()
            ),
        )
        for kind, holds in HOLDS.items()
    )


def described_at(path: str) -> str:
    """Return where the page describes a file: its kind's place, or the file itself if no array."""
    name = PurePosixPath(path).name
    kind = name.removesuffix(SUFFIX)
    return f"#array-{kind}" if name.endswith(SUFFIX) and kind in KINDS else path
