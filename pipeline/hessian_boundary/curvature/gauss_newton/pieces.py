"""A piece of what the Gauss-Newton part is diagonalised from, as an artifact."""

import torch
import xarray as xr

from hessian_boundary.curvature.gauss_newton.factor_rows import Triangle
from hessian_boundary.networks.problem import Problem


def piece_dataset(piece: Triangle) -> xr.Dataset:
    """Return R (d, m) of the factor's rows and their products (m, j), both of some parameters."""
    triangle, products = piece
    return xr.Dataset(
        {
            "triangle": (
                ("row", "dyad"),
                triangle.cpu().numpy(),
                {"long_name": "R of a QR decomposition of the factor's rows"},
            ),
            "products": (
                ("dyad", "direction"),
                products.cpu().numpy(),
                {"long_name": "products of the rows with random directions"},
            ),
        }
    )


def empty_piece() -> Triangle:
    """Return the piece of a model that diverged: nothing is known of any row."""
    return torch.zeros(0, 0, dtype=torch.float64), torch.zeros(0, 0, dtype=torch.float64)


def piece_of(dataset: xr.Dataset, problem: Problem) -> Triangle:
    """Return a stored piece in the dtype and on the device of a problem."""
    triangle = dataset["triangle"].transpose("row", "dyad").values
    products = dataset["products"].transpose("dyad", "direction").values
    return problem.tensor(triangle), problem.tensor(products)
