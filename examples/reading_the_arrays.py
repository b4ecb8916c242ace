# %% [markdown]
# # Reading the arrays
#
# What the workflow made of one model, read with xarray, Zarr and pandas alone. It needs results:
# `make` once, or `.venv/bin/snakemake fig01`. Set RUN to look at another model.

# %%
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
import zarr

run = Path(os.environ.get("RUN", "results/quick/gaussian/normal/seed0"))

# %% [markdown]
# ## Open an array
#
# A store in one file, with named dimensions. Opening reads no values; they are read when they are
# used.


# %%
def open_store(name: str) -> xr.Dataset:
    """Open an array of the run."""
    store = zarr.storage.ZipStore(run / f"{name}.zarr.zip", mode="r")
    return xr.open_zarr(store, chunks=None, consolidated=False)


spectrum = open_store("spectrum")
print(spectrum)

# %% [markdown]
# ## The spectrum
#
# `rank` eigenvalues are not zero, and only these are stored. Each has its residual ‖H v − λ v‖.

# %%
print("method:", spectrum.attrs["method"], "because:", spectrum.attrs["reason"])
print("rank:", spectrum.attrs["rank"], "null space:", spectrum.attrs["null_space_dimension"])
print(spectrum[["eigenvalues", "residuals"]].isel(eigen=slice(5)).to_dataframe())

# %% [markdown]
# Which layers does the top eigenvector move? `layer` names the tensor of each parameter.

# %%
model = open_store("model")
top = spectrum["eigenvectors"].isel(eigen=0).to_series()
layers = model["layer"].values.astype(object)
print((top**2).groupby(layers, sort=False).sum())  # shares of its squared length

# %% [markdown]
# ## G_θ by hand
#
# ε: for each random direction the largest |cosine| over the samples, averaged. G_θ: the share of
# the p eigenvectors with which some sample aligns more than that.

# %%
alignment = open_store("alignment_samples").load()
epsilon = abs(alignment["random_alignment"]).max("sample").mean("direction")
largest = abs(alignment["alignment"]).max("sample")
g_theta = float((largest > epsilon).sum()) / model.sizes["parameter"]

measures = pd.read_csv(run / "measures.csv").set_index("measure")["value"]
print("by hand:", g_theta, "in measures.csv:", measures["g_theta_max"])
assert np.isclose(g_theta, measures["g_theta_max"])

# %% [markdown]
# ## A map
#
# A_1 over the input plane; the line is the decision boundary between predicted classes.

# %%
grid = open_store("alignment_grid")
figure, panel = plt.subplots(figsize=(4, 3.5), layout="constrained")
grid["alignment"].isel(eigen=0).plot(ax=panel, cmap="RdBu_r", vmin=-1, vmax=1)
for label in range(grid.sizes["class"] - 1):
    panel.contour(grid["x"], grid["y"], grid["prediction"], levels=[label + 0.5], colors="black")
figure.savefig("reading_the_arrays.png", dpi=150)

# %% [markdown]
# ## What made it
#
# The attribute `provenance` holds settings, code digest, digests of the inputs and package
# versions.

# %%
print(spectrum.attrs["provenance"][:300], "…")
