"""Alignment A_i(x) of per-sample gradients with Hessian eigenvectors (Eq. 2), as artifacts."""

from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from hessian_boundary.data.input_window import Window, grid_points
from hessian_boundary.gradients.products import GradientProducts, gradient_products
from hessian_boundary.networks.losses import Loss

RANDOM_DIRECTIONS = 5  # PAPER: Appendix E, "five randomly sampled directions"
RANDOM_DIRECTION_STATE = 42  # PAPER: the authors' code
# Below this length a float64 gradient is not a normal number any more and has no direction.
MINIMUM_GRADIENT_NORM = 1e-300
DENSITY = ("density_nodes", "density_weights")  # of a partial spectrum
GRADIENT_LIMIT = 1000  # parameters up to which whole gradients are kept on grids (Figure 4)


def random_directions(parameters: int) -> np.ndarray:
    """Return the five unit vectors (direction, parameter) that set the threshold ε."""
    state = np.random.RandomState(RANDOM_DIRECTION_STATE)
    directions = state.standard_normal((RANDOM_DIRECTIONS, parameters))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def align_samples(
    module: nn.Module, x: Tensor, y: Tensor, spectrum: xr.Dataset, loss_per_sample: Loss
) -> xr.Dataset:
    """Align every sample's gradient with every resolved eigenvector and with random directions.

    x is (n, feature…), y (n,) the true labels; gradients take the *predicted* label (Eq. 1).

    Returns alignment(eigen, sample), scalar_product(eigen, sample), random_alignment(direction,
    sample), gradient_norm(sample), logits(class, sample), label(sample), prediction(sample), and
    resolved_share(sample): Σ_i A_i², the part of each gradient's squared length that lies in the
    resolved eigenspace. Of a partial spectrum the estimate of its density comes along.
    """
    eigenvectors = torch.from_numpy(spectrum["eigenvectors"].values).to(x)
    directions = torch.from_numpy(random_directions(eigenvectors.shape[1])).to(x)
    products = _products(module, x, torch.cat([eigenvectors, directions]), loss_per_sample)
    count = len(eigenvectors)
    dataset = xr.Dataset(
        {
            **_per_eigenvector(products, count, ("sample",), (len(y),)),
            "random_alignment": (
                ("direction", "sample"),
                products.cosine[count:].cpu().numpy(),
                {"long_name": "cosine of the gradient with a random direction"},
            ),
            "label": ("sample", y.cpu().numpy(), {"long_name": "true class label"}),
        },
        coords={"sample": np.arange(len(y)), **_eigen_coordinates(spectrum, count)},
        attrs=_about(spectrum),
    )
    dataset["resolved_share"] = (dataset["alignment"] ** 2).sum("eigen", skipna=False)
    dataset["resolved_share"].attrs["long_name"] = "share of |g|² in the resolved eigenspace"
    return dataset.assign({name: spectrum[name] for name in DENSITY if name in spectrum})


def align_grid(
    module: nn.Module,
    window: Window,
    resolution: int,
    spectrum: xr.Dataset,
    loss_per_sample: Loss,
    eigenvectors: int,
) -> xr.Dataset:
    """Align the gradients of a regular grid of inputs with the top eigenvectors.

    `window` is the range of each input feature, one ((x₀, x₁),) or two ((x₀, x₁), (y₀, y₁)), and
    each is divided into `resolution` points.

    Returns alignment(eigen, y, x), scalar_product(eigen, y, x), gradient_norm(y, x),
    logits(class, y, x) and prediction(y, x), without y for one-dimensional inputs; for networks
    of at most 1000 parameters also gradient(parameter, y, x), of unit length.

    Raises ValueError for inputs of more than two features.
    """
    points, coordinates = grid_points(window, resolution)
    top = spectrum["eigenvectors"].isel(eigen=slice(eigenvectors)).values
    like = next(module.parameters())
    inputs = torch.from_numpy(points).to(like)
    products = _products(module, inputs, torch.from_numpy(top).to(like), loss_per_sample)
    dims, shape = tuple(coordinates), tuple(map(len, coordinates.values()))
    variables = _per_eigenvector(products, len(top), dims, shape)
    if top.shape[1] <= GRADIENT_LIMIT:
        unit_vectors = torch.eye(top.shape[1]).to(like)
        gradient = _products(module, inputs, unit_vectors, loss_per_sample).cosine
        variables["gradient"] = (
            ("parameter", *dims),
            gradient.cpu().numpy().reshape(-1, *shape),
            {"long_name": "loss gradient, scaled to unit length"},
        )
    return xr.Dataset(
        variables,
        coords={**coordinates, **_eigen_coordinates(spectrum, len(top))},
        attrs=_about(spectrum),
    )


def align_directions(
    module: nn.Module,
    x: Tensor,
    window: Window,
    resolution: int,
    directions: xr.DataArray,
    loss_per_sample: Loss,
) -> xr.Dataset:
    """Align gradients of grid points and of samples x (n, feature) with any directions.

    `directions` is (kind, index, parameter). Returns alignment(kind, index, y, x),
    sample_alignment(kind, index, sample) and logits(class, y, x). Source: Appendix E.
    """
    points, coordinates = grid_points(window, resolution)
    like = next(module.parameters())
    vectors = torch.from_numpy(directions.values).to(like).flatten(0, 1)
    on_grid = _products(module, torch.from_numpy(points).to(like), vectors, loss_per_sample)
    on_samples = _products(module, x.to(like), vectors, loss_per_sample)
    kinds, shape = directions.shape[:2], tuple(map(len, coordinates.values()))
    return xr.Dataset(
        {
            "alignment": (
                ("kind", "index", *coordinates),
                on_grid.cosine.cpu().numpy().reshape(*kinds, *shape),
                {"long_name": "cosine of gradient and direction"},
            ),
            "sample_alignment": (
                ("kind", "index", "sample"),
                on_samples.cosine.cpu().numpy().reshape(*kinds, -1),
                {"long_name": "cosine of a training sample's gradient and direction"},
            ),
            "logits": (
                ("class", *coordinates),
                on_grid.logits.T.cpu().numpy().reshape(-1, *shape),
                {"long_name": "output of the network"},
            ),
        },
        coords={**coordinates, "kind": directions["kind"], "index": directions["index"]},
    )


def _products(module: nn.Module, x: Tensor, directions: Tensor, loss: Loss) -> GradientProducts:
    return gradient_products(module, x, directions, loss, minimum_norm=MINIMUM_GRADIENT_NORM)


def _per_eigenvector(
    products: GradientProducts, count: int, dims: tuple[str, ...], shape: tuple[int, ...]
) -> dict[str, tuple]:
    cosine = products.cosine[:count].cpu().numpy().reshape(count, *shape)
    norm = products.norm.cpu().numpy().reshape(shape)
    logits = products.logits.T.cpu().numpy().reshape(-1, *shape)
    return {
        "alignment": (
            ("eigen", *dims),
            cosine,
            {"long_name": "cosine of gradient and eigenvector"},
        ),
        "scalar_product": (
            ("eigen", *dims),
            cosine * norm,
            {"long_name": "scalar product of gradient and eigenvector"},
        ),
        "gradient_norm": (dims, norm, {"long_name": "length of the loss gradient g_θ(x)"}),
        "logits": (("class", *dims), logits, {"long_name": "output of the network"}),
        "prediction": (dims, logits.argmax(0), {"long_name": "predicted class label"}),
    }


def _eigen_coordinates(spectrum: xr.Dataset, count: int) -> dict[str, Any]:
    return {
        "eigen": spectrum["eigen"].values[:count],
        "eigenvalue": ("eigen", spectrum["eigenvalues"].values[:count]),
    }


def _about(spectrum: xr.Dataset) -> dict[str, Any]:
    """The spectrum's attributes that readers of an alignment need, without opening it."""
    names = ("method", "rank", "rank_tolerance", "null_space_dimension", "not_computed")
    sources = ("complete", "certificate", "trace_by_samples")
    return {name: spectrum.attrs[name] for name in (*names, *sources)}
