"""Every kind of artifact, opened with plain xarray: examples to copy.

An array artifact is a Zarr (format 3) store in one zip file, and a table is CSV: nothing of this
project is needed to read them. Opening reads no values; they are read when they are used.
"""

import argparse
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
import zarr

from hessian_boundary.artifacts.store import ArtifactError
from hessian_study.commands.opening import open_any


def open_store(path: Path) -> xr.Dataset:
    """Open an array artifact."""
    return xr.open_zarr(
        zarr.storage.ZipStore(path, mode="r"), chunks=None, consolidated=False, zarr_format=3
    )


def dataset(store: xr.Dataset) -> pd.Series:
    """Training samples of each class."""
    counts = store["y"][store["split"].values == "train"].to_series().value_counts().sort_index()
    if "class_name" not in store:
        return counts
    return counts.rename(index=dict(enumerate(store["class_name"].values.tolist())))


def model(store: xr.Dataset) -> pd.Series:
    """Length of each layer's parameters, in the order of the network."""
    squares = (store["parameters"] ** 2).to_series()
    return squares.groupby(store["layer"].values.astype(object), sort=False).sum() ** 0.5


def spectrum(store: xr.Dataset) -> pd.DataFrame:
    """The five largest eigenvalues, and the largest component of each one's eigenvector."""
    top = store.isel(eigen=slice(5))  # of the eigenvectors only the first chunk will be read
    components = abs(top["eigenvectors"]).max("parameter")
    return top[["eigenvalues", "residuals"]].assign(component=components).to_dataframe()


def factor(store: xr.Dataset) -> pd.Series:
    """Lengths of the first rows of a Gauss-Newton factor, by a piece of the parameters."""
    return ((store["triangle"].isel(dyad=slice(5)) ** 2).sum("row") ** 0.5).to_series()


def alignment_grid(store: xr.Dataset) -> pd.Series:
    """Mean |A_i| over the input plane, for each eigenvector."""
    plane = [dim for dim in store["alignment"].dims if dim != "eigen"]
    return abs(store["alignment"]).mean(plane).to_series()


def alignment_samples(store: xr.Dataset) -> pd.Series:
    """Mean |A_i| over the training samples, for the five top eigenvectors."""
    return abs(store["alignment"].isel(eigen=slice(5))).mean("sample").to_series()


def alignment_directions(store: xr.Dataset) -> pd.Series:
    """Mean |alignment| of the training samples with each kind of direction."""
    return abs(store["sample_alignment"]).mean(("index", "sample")).to_series()


def decision_boundary(store: xr.Dataset) -> pd.Series:
    """Length of each connected part of the decision boundary."""
    lengths = ((store["end"] - store["start"]) ** 2).sum("feature") ** 0.5
    return lengths.to_series().groupby(store["part"].values).sum()


def embedding(store: xr.Dataset) -> pd.Series:
    """Extent of the embedding along each of its coordinates."""
    return np.ptp(store["embedding"].to_pandas(), axis=0)


def margin(store: xr.Dataset) -> pd.DataFrame:
    """The three points whose distances estimate the margin."""
    return store[["x_boundary", "x_max", "x_min"]].to_dataframe()


def models(store: xr.Dataset) -> pd.DataFrame:
    """Test error, training error and G_θ of the first of many small networks."""
    measures = [name for name in ("g_theta_max",) if name in store]
    return store[["test_error", "train_error", *measures]].to_dataframe().head()


EXAMPLES: dict[str, Callable[[xr.Dataset], pd.Series | pd.DataFrame]] = {
    example.__name__: example
    for example in (
        *(dataset, model, spectrum, alignment_grid, alignment_samples, alignment_directions),
        *(factor, decision_boundary, embedding, margin, models),
    )
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    usual = "of the study: results/quick, or results/ of your own study"
    parser.add_argument("folder", nargs="?", type=Path, help=f"default: {usual}")


def main(options: argparse.Namespace) -> int:
    """Show one artifact of each kind below a folder, and what its example finds in it.

    Return 1 where there is no such folder, and where one of them is damaged.
    """
    folder = options.folder or Path("results" if options.study else "results/quick")
    if not folder.is_dir():
        print(
            f"expected a folder of results, found none at {folder}; name another", file=sys.stderr
        )
        return 1
    damaged = 0
    for path in first_of_each_kind(folder):
        print(f"\n{path}", flush=True)  # before what is said of it on the other stream
        try:
            show(path)
        except ArtifactError as error:
            damaged += 1
            print(error, file=sys.stderr)
        except (zipfile.BadZipFile, RuntimeError) as error:  # met when values are read
            damaged += 1
            print(f"damaged: {path} ({error})", file=sys.stderr)
    return int(damaged > 0)


def show(path: Path) -> None:
    """Show what is in an artifact, and what its example finds. Raises ArtifactError."""
    open_any(path).close()  # says what is wrong where the plain way ends in an error of its own
    if path.suffix == ".csv":
        print(pd.read_csv(path).head().to_string())
        return
    with open_store(path) as store:
        for name in sorted(map(str, store.variables)):
            print(f"  {name}{store[name].dims} {store[name].dtype}")
        example = EXAMPLES[store.attrs["artifact"]]
        print(f"{example.__doc__}\n{example(store).to_string()}")


def first_of_each_kind(folder: Path) -> Iterator[Path]:
    """Yield the first array of each name, and the first table of each kind."""
    first: dict[str, Path] = {}
    for pattern in ("*.zarr.zip", "measures.csv", "g_theta_curve.csv"):
        for path in sorted(folder.rglob(pattern)):
            first.setdefault(path.name, path)
    yield from first.values()
