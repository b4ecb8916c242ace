"""Look into artifacts without writing code: list them, show one, compare two.

hessian-boundary inspect list [FOLDER]
hessian-boundary inspect show ARTIFACT
hessian-boundary inspect compare ARTIFACT ARTIFACT

An artifact is an array (.zarr.zip), a table (.csv), or any other file of which the workflow has
noted what made it.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from hessian_boundary.artifacts.store import ArtifactError
from hessian_study.commands.comparison.arrays import distance
from hessian_study.commands.comparison.tables import table_distance
from hessian_study.commands.opening import open_any, provenance
from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.records import ZARR, find_record
from hessian_study.provenance.verdicts import differences

NOT_READ = ("eigenvectors",)  # of any size; `compare` reads the leading ones
READ_LIMIT = 20_000_000  # bytes; of a larger variable there are no statistics either
HEAD = 10


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    commands = parser.add_subparsers(dest="question", required=True, metavar="QUESTION")
    listing = commands.add_parser("list", help="every artifact below a folder")
    listing.add_argument("folder", nargs="?", default="results", type=Path)
    commands.add_parser("show", help="one artifact").add_argument("artifact", type=Path)
    comparing = commands.add_parser("compare", help="two artifacts")
    comparing.add_argument("artifacts", nargs=2, type=Path)


def main(options: argparse.Namespace) -> int:
    """Print what is asked for; return 1 where an artifact cannot be read."""
    lines = {
        "list": lambda: list_artifacts(options.folder),
        "show": lambda: show(options.artifact),
        "compare": lambda: compare(*options.artifacts),
    }[options.question]()
    try:
        for line in lines:
            print(line)
    except ArtifactError as error:
        print(error, file=sys.stderr)
        return 1
    except (zipfile.BadZipFile, RuntimeError) as error:  # met when values are read
        asked = options.artifacts if options.question == "compare" else [options.artifact]
        print(f"damaged: {' or '.join(map(str, asked))} ({error})", file=sys.stderr)
        return 1
    return 0


def list_artifacts(folder: Path) -> Iterator[str]:
    """Yield one line per artifact: size, the step and code that made it, and its dimensions.

    Raises ArtifactError where there is no such folder.
    """
    if not folder.is_dir():
        raise ArtifactError(f"expected a folder of results, found none at {folder}; name another")
    paths = [
        path
        for path in sorted(folder.rglob("*.*"))
        if path.is_file() and (path.name.endswith(ZARR) or find_record(path))
    ]
    width = max((len(str(path)) for path in paths), default=0)
    for path in paths:
        size = f"{path.stat().st_size / 1e3:11,.1f} kB"
        try:
            dataset = open_any(path)
            spec = provenance(path, dataset).get("spec", {})
        except ArtifactError as error:
            yield f"{path!s:<{width}} {size}  damaged: {error}"
            continue
        sizes = ", ".join(f"{name} {size:,}" for name, size in dataset.sizes.items())
        made = f"{spec.get('step', 'unknown step')} (code {spec.get('code', 'unknown')})"
        yield f"{path!s:<{width}} {size}  {made:<40} {sizes}".rstrip()


def show(path: Path) -> Iterator[str]:
    """Yield an artifact's provenance, attributes, variables with statistics, and leading pairs."""
    dataset = open_any(path)
    yield f"{path}: {dataset.attrs.get('artifact', 'unknown kind')}"
    made_by = provenance(path, dataset)
    made_by = made_by.pop("spec", {}) | made_by
    for title, content in (("made by", made_by), ("attributes", _plain_attributes(dataset))):
        yield f"\n{title}"
        yield from (f"  {key}: {_short(value)}" for key, value in _leaves(content))
    yield "\nvariables"
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        shape = ", ".join(f"{dim} {size:,}" for dim, size in variable.sizes.items())
        yield f"  {name}({shape}) {variable.dtype}  {statistics(name, variable)}"
    if "residuals" in dataset:
        yield f"\nleading eigenpairs\n  {'eigenvalue':>24} {'residual':>10}"
        head = dataset.isel(eigen=slice(HEAD))
        pairs = zip(head["eigenvalues"].values, head["residuals"].values, strict=True)
        yield from (f"  {value:>24.16e} {residual:>10.1e}" for value, residual in pairs)


def compare(first: Path, second: Path) -> Iterator[str]:
    """Yield what differs: the settings that made two artifacts, and their values."""
    one, other = open_any(first), open_any(second)
    changes = list(differences(_made_by(first, one), _made_by(second, other)))
    yield "made by the same code, settings and inputs" if not changes else "made differently:"
    yield from (f"  {change}" for change in changes)
    if file_digest(first) == file_digest(second):
        yield "the files are identical"
        return
    yield "values"
    if first.suffix == second.suffix == ".csv":
        yield from (
            f"  {line}" for line in table_distance(one.to_dataframe(), other.to_dataframe())
        )
        return
    for name in sorted(map(str, set(one.variables) | set(other.variables))):
        if name not in one.variables or name not in other.variables:
            yield f"  {name}: only in {first if name in one.variables else second}"
        else:
            yield f"  {name}: {distance(one[name], other[name])}"


def _made_by(path: Path, dataset: xr.Dataset) -> dict[str, Any]:
    """Return what made an artifact; that its content has another digest is told by its values."""
    return {key: value for key, value in provenance(path, dataset).items() if key != "sha256"}


def statistics(name: str, variable: xr.Variable) -> str:
    """Return minimum, mean and maximum of a variable that is small enough to read."""
    if not variable.size or variable.nbytes > READ_LIMIT or name in NOT_READ:
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


def _leaves(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value)."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _plain_attributes(dataset: xr.Dataset) -> dict[str, Any]:
    return {k: v for k, v in dataset.attrs.items() if k not in ("provenance", "artifact")}


def _short(value: Any, length: int = 160) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= length else text[: length - 1] + "…"
