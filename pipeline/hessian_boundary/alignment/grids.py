"""Alignment of the gradients on a grid of inputs: with eigenvectors, or with any directions."""

import numpy as np
import xarray as xr

from hessian_boundary.alignment.variables import (
    about_spectrum,
    aligned,
    eigen_coordinates,
    per_eigenvector,
)
from hessian_boundary.data.input_window import Window, grid_points
from hessian_boundary.networks.problem import Problem

GRADIENT_LIMIT = 1000  # parameters up to which whole gradients are kept on grids (Figure 4)


def align_grid(
    problem: Problem,
    window: Window,
    resolution: int,
    spectrum: xr.Dataset,
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
    inputs = problem.tensor(points)
    products, checks = aligned(problem, inputs, problem.tensor(top))
    dims, shape = tuple(coordinates), tuple(map(len, coordinates.values()))
    variables = per_eigenvector(products, len(top), dims, shape)
    if top.shape[1] <= GRADIENT_LIMIT:
        whole, _ = aligned(problem, inputs, problem.tensor(np.eye(top.shape[1])))
        variables["gradient"] = (
            ("parameter", *dims),
            whole.cosine.cpu().numpy().reshape(-1, *shape),
            {"long_name": "loss gradient, scaled to unit length"},
        )
    return xr.Dataset(
        variables,
        coords={**coordinates, **eigen_coordinates(spectrum, len(top))},
        attrs=about_spectrum(spectrum) | checks,
    )


def align_directions(
    problem: Problem, window: Window, resolution: int, directions: xr.DataArray
) -> xr.Dataset:
    """Align gradients of grid points and of a problem's samples x (n, feature) with any directions.

    `directions` is (kind, index, parameter). Returns alignment(kind, index, y, x),
    sample_alignment(kind, index, sample) and logits(class, y, x). Source: Appendix E.
    """
    points, coordinates = grid_points(window, resolution)
    vectors = problem.tensor(directions.values).flatten(0, 1)
    on_grid, checks = aligned(problem, problem.tensor(points), vectors)
    on_samples, _ = aligned(problem, problem.x, vectors)
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
        attrs=checks,
    )
