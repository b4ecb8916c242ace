"""Look into artifacts without writing code: list them, show one, compare two.

python -m workflow.inspect list [FOLDER]
python -m workflow.inspect show ARTIFACT
python -m workflow.inspect compare ARTIFACT ARTIFACT
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from pipeline.artifacts import ArtifactError, open_artifact

# Variables up to this size are read for statistics; larger ones are eigenvectors.
READ_LIMIT = 20_000_000  # bytes
HEAD = 10


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(
        prog="python -m workflow.inspect", description=(__doc__ or "").splitlines()[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="every artifact below a folder")
    listing.add_argument("folder", nargs="?", default="results", type=Path)
    commands.add_parser("show", help="one artifact").add_argument("artifact", type=Path)
    comparing = commands.add_parser("compare", help="two artifacts")
    comparing.add_argument("artifacts", nargs=2, type=Path)
    options = parser.parse_args(arguments)
    lines = {
        "list": lambda: list_artifacts(options.folder),
        "show": lambda: show(options.artifact),
        "compare": lambda: compare(*options.artifacts),
    }[options.command]()
    try:
        for line in lines:
            print(line)
    except ArtifactError as error:
        parser.exit(1, f"{error}\n")
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()


def list_artifacts(folder: Path) -> Iterator[str]:
    """Yield one line per artifact: size, kind, dimensions, and the step and code that made it."""
    paths = sorted(folder.rglob("*.zarr.zip"))
    width = max((len(str(path)) for path in paths), default=0)
    for path in paths:
        size = f"{path.stat().st_size / 1e6:8.1f} MB"
        try:
            dataset = open_artifact(path)
        except ArtifactError as error:
            yield f"{path!s:<{width}} {size}  damaged: {error}"
            continue
        spec = provenance(dataset).get("spec", {})
        sizes = ", ".join(f"{name} {size:,}" for name, size in dataset.sizes.items())
        made = f"{spec.get('step', 'unknown step')} (code {spec.get('code', 'unknown')})"
        yield f"{path!s:<{width}} {size}  {made:<40} {sizes}"


def show(path: Path) -> Iterator[str]:
    """Yield an artifact's provenance, attributes, variables with statistics, and leading pairs."""
    dataset = open_artifact(path)
    yield f"{path}: {dataset.attrs.get('artifact', 'unknown kind')}"
    spec = provenance(dataset).get("spec", {})
    for title, content in (("made by", spec), ("attributes", _plain_attributes(dataset))):
        yield f"\n{title}"
        yield from (f"  {key}: {_short(value)}" for key, value in content.items())
    yield "\nvariables"
    for name, variable in dataset.variables.items():
        shape = ", ".join(f"{dim} {size:,}" for dim, size in variable.sizes.items())
        yield f"  {name}({shape}) {variable.dtype}  {statistics(variable)}"
    if "residuals" in dataset:
        yield f"\nleading eigenpairs\n  {'eigenvalue':>24} {'residual':>10}"
        head = dataset.isel(eigen=slice(HEAD))
        pairs = zip(head["eigenvalues"].values, head["residuals"].values, strict=True)
        yield from (f"  {value:>24.16e} {residual:>10.1e}" for value, residual in pairs)


def compare(first: Path, second: Path) -> Iterator[str]:
    """Yield what differs: the settings that made two artifacts, and their values.

    Eigenvectors are compared by the subspaces of the leading pairs, since their signs, and inside
    a cluster of eigenvalues their directions, are arbitrary.
    """
    one, other = open_artifact(first), open_artifact(second)
    differences = list(differing(provenance(one), provenance(other)))
    yield "made by the same code, settings and inputs" if not differences else "made differently:"
    yield from (f"  {key}: {_short(a)} → {_short(b)}" for key, a, b in differences)
    yield "values"
    for name in sorted(map(str, set(one.variables) | set(other.variables))):
        if name not in one.variables or name not in other.variables:
            yield f"  {name}: only in {first if name in one.variables else second}"
        elif name == "eigenvectors":
            yield f"  {name}: {_subspace_overlap(one, other)}"
        else:
            yield f"  {name}: {_distance(one[name].values, other[name].values)}"


def provenance(dataset: xr.Dataset) -> dict[str, Any]:
    """Return what made an artifact, or {} when it does not say."""
    return json.loads(dataset.attrs.get("provenance", "{}"))


def differing(
    first: Mapping[str, Any], second: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield (dotted key, value in first, value in second) for every leaf that differs."""
    for key in sorted(set(first) | set(second)):
        a, b = first.get(key), second.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            yield from differing(a, b, f"{prefix}{key}.")
        elif a != b:
            yield f"{prefix}{key}", a, b


def statistics(variable: xr.Variable) -> str:
    """Return minimum, mean and maximum of a variable that is small enough to read."""
    if not variable.size or variable.nbytes > READ_LIMIT:
        return "empty" if not variable.size else "not read"
    if variable.dtype.kind not in "fiu":
        names = sorted(set(map(str, variable.values.ravel())))
        return f"{len(names)} different: {_short(', '.join(names))}"
    values = variable.values
    finite = values[np.isfinite(values)]
    if not len(finite):
        return "no finite value"
    text = f"min {finite.min():.4g}, mean {finite.mean():.4g}, max {finite.max():.4g}"
    missing = values.size - finite.size
    return text + (f", {missing} not finite" if missing else "")


def _subspace_overlap(one: xr.Dataset, other: xr.Dataset) -> str:
    leading = [ds["eigenvectors"].isel(eigen=slice(HEAD)).values for ds in (one, other)]
    if leading[0].shape != leading[1].shape or not len(leading[0]):
        return f"shapes {leading[0].shape} and {leading[1].shape} cannot be compared"
    cosines = np.linalg.svd(leading[0] @ leading[1].T, compute_uv=False)
    return f"leading {len(cosines)} span subspaces with smallest cosine {cosines.min():.12f}"


def _distance(one: np.ndarray, other: np.ndarray) -> str:
    if one.shape[1:] != other.shape[1:]:
        return f"shapes {one.shape} and {other.shape} differ"
    if len(one) != len(other):
        shared = min(len(one), len(other))
        rest = _distance(one[:shared], other[:shared])
        return f"{len(one)} and {len(other)} long; the first {shared}: {rest}"
    if one.dtype.kind not in "fiu":
        return "identical" if (one == other).all() else f"{(one != other).sum()} entries differ"
    if np.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
        return "identical"
    gap = np.nanmax(np.abs(one - other))
    return f"largest difference {gap:.3g} (largest value {np.nanmax(np.abs(one)):.3g})"


def _plain_attributes(dataset: xr.Dataset) -> dict[str, Any]:
    return {k: v for k, v in dataset.attrs.items() if k not in ("provenance", "artifact")}


def _short(value: Any, length: int = 160) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= length else text[: length - 1] + "…"


if __name__ == "__main__":
    main()
