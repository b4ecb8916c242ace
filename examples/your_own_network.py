# %% [markdown]
# # Your own network
#
# From a trained network to its spectrum, the alignment of its gradients, G_θ, and a figure. The
# network here is small and trained in seconds; put your own in its place. Run it as a script, or
# cell by cell in an editor that knows `# %%`.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import make_moons

from hessian_boundary import analyse

# %% [markdown]
# ## A trained network
#
# With a network of your own: build it, `network.load_state_dict(torch.load("network.pt"))`, and
# load the samples that it was trained on.

# %%
x, y = make_moons(n_samples=100, noise=0.1, random_state=0)
samples, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(y)

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(2, 20), torch.nn.ReLU(), torch.nn.Linear(20, 2))
optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
for _ in range(1000):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(samples), labels).backward()
    optimizer.step()

# %% [markdown]
# ## The Hessian's spectrum
#
# `analyse` works on a copy in float64. Eigenvalues are sorted, the largest first.

# %%
result = analyse(network, samples, labels, loss="cross_entropy")
eigenvalues = result.spectrum["eigenvalues"].values
print("eigenvalues that are not zero:", len(eigenvalues))
print("the five largest:", eigenvalues[:5])
print("largest residual:", result.spectrum["residuals"].values.max())

# %% [markdown]
# ## Alignment of the training samples, and G_θ
#
# A_i is the cosine between a sample's gradient and the i-th eigenvector.

# %%
strongest = abs(result.alignment["alignment"]).max("eigen")
print("mean over samples of the largest |A_i|:", float(strongest.mean()))
print("G_θ, as the paper computes it:", result.measures["g_theta_max"])

# %% [markdown]
# ## A figure: A_1 over the input plane
#
# `align` takes any inputs. The decision boundary is where the prediction changes.

# %%
axis = np.linspace(-1.5, 2.5, 80)
plane = np.stack(np.meshgrid(axis, axis), axis=-1)
on_plane = result.align(plane.reshape(-1, 2))
first = on_plane["alignment"].values[0].reshape(80, 80)
prediction = on_plane["prediction"].values.reshape(80, 80)

figure, panel = plt.subplots(figsize=(4, 3.5), layout="constrained")
colours = panel.pcolormesh(axis, axis, first, cmap="RdBu_r", vmin=-1, vmax=1)
panel.contour(axis, axis, prediction, levels=[0.5], colors="black")
panel.scatter(*x.T, c=y, cmap="Greys", edgecolors="black", s=12)
figure.colorbar(colours, label="$A_1(x)$")
figure.savefig("your_own_network.png", dpi=150)

# %% [markdown]
# ## Keep it
#
# Arrays are Zarr stores in one file each, measures a CSV table: `examples/reading_the_arrays.py`
# reads them.

# %%
result.save("your_own_network")
