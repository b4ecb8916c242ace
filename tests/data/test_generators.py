"""Data sets as the paper's authors drew them: checksums, and the fact sheet's recipes redone here.

The checksums are those of data that the recipes below reproduce; they pin every data set that
config.yaml names, down to the last bit.
"""

import hashlib

import numpy as np
import pytest
import sklearn.datasets

from helpers.tiny_study import datasets_without_files
from hessian_boundary.data.generating import generate_samples
from hessian_boundary.data.generators import points

CONFIG = datasets_without_files()  # image data: test_image_*.py

# data set -> SHA-256 of the bytes of x (float32), of y (int64)
CHECKSUMS = {
    "toy1d": (
        "2242d5792e26b5d378b7d800977a6820bc668fe1a52e6bbd4505779435662eb2",
        "46a6cf60062aef5de9a4c17f8de308502a3b931229fc5ed8710e6c6a6897146f",
    ),
    "gaussian": (
        "940c63ff3ba4d985683dfcfca3fa13033e534a5accaf32ed098fcb06266619de",
        "6ad97c8a07e47b30e481be62e8f37e7ccedb6dee7e01e9ac9f25ef1fe2fd3968",
    ),
    "circle": (
        "369303dcfe1285fd42cb237e03251216899f6423335dc2278590127d5e9e697e",
        "6114e45386360d8e0291fb1ab91d9800107c03ce113bec54db9cc7a54259b52f",
    ),
    "half_moon": (
        "2c90f2656997059d0a67cca57f77b51c041ceb273d36038b4bc41aa81b29fb41",
        "6114e45386360d8e0291fb1ab91d9800107c03ce113bec54db9cc7a54259b52f",
    ),
    "hierarchical": (
        "cf4e3b95821eccdcab9d10e46e6bfde55943f5908fe778e328fd4fa794844f82",
        "56c1991391684380844fac73247a1a6bde19f0b6dee66ded43c333ee03f53ba5",
    ),
    "checkerboard": (
        "9353324b6182b95fbfaa3c667539a58e63391fa330a34d01d6b9893369308649",
        "0404fdba6375eb3aadc22a56903bfecb89066b080163aabd465409e0d3ec34be",
    ),
    "checkerboard_pretrain": (
        "f85c77ae1169ebb487bedfd3706c5dcc3ca712a83d6156129bb68711c5133fea",
        "0404fdba6375eb3aadc22a56903bfecb89066b080163aabd465409e0d3ec34be",
    ),
    "iris": (
        "2374923a3acd29a63001946c3c216e2a5581864f01041c86c4b5211ec93885c2",
        "734737f11162991213afc3a96aa5e8823b2d9cdcfb8992df1e85a0bae44b2395",
    ),
}


def _generate(name: str) -> tuple[np.ndarray, np.ndarray]:
    return generate_samples(CONFIG[name]["generator"], CONFIG[name]["parameters"])[:2]


def _clusters(random_state: int, rows: list[tuple]) -> tuple[np.ndarray, np.ndarray]:
    """Draw all standard normals at once; rows are (label, mean, standard deviation, count)."""
    counts = [count for *_, count in rows]
    z = np.random.RandomState(random_state).standard_normal((sum(counts), 2))
    mean = np.repeat([mean for _, mean, _, _ in rows], counts, axis=0)
    deviation = np.repeat([deviation for _, _, deviation, _ in rows], counts, axis=0)
    labels = np.repeat([label for label, *_ in rows], counts)
    return (mean + deviation * z).astype(np.float32), labels


def _checkerboard(offset: float) -> tuple[np.ndarray, np.ndarray]:
    centres = [(0, (offset, -3)), (0, (offset, 1)), (1, (-offset, -1)), (1, (-offset, 3))]
    return _clusters(41, [(label, centre, (0.3, 0.1), 100) for label, centre in centres])


# the fact sheet, data set by data set
RECIPES = {
    "toy1d": lambda: (
        np.array([[0.5], [1.0], [1.1], [1.3], [1.4], [1.45]]),
        np.array([0, 1, 1, 1, 0, 0]),
    ),
    "gaussian": lambda: _clusters(
        42,
        [
            (0, (2, -1), (0.5, 0.5), 100),
            (1, (-2, 0), (0.5, 1.0), 100),
            (2, (0, 2), (0.5, 0.5), 100),
        ],
    ),
    "hierarchical": lambda: _clusters(
        34,
        [
            (label, mean, (0.5, 0.55), 75)
            for label, mean in enumerate([(2, -1), (2, 1), (-2, 1), (-2, -1)])
        ],
    ),
    "checkerboard": lambda: _checkerboard(0.8),
    "checkerboard_pretrain": lambda: _checkerboard(0.5),
    "circle": lambda: sklearn.datasets.make_circles(200, factor=0.5, noise=0.1, random_state=28),
    "half_moon": lambda: sklearn.datasets.make_moons(200, noise=0.1, random_state=28),
    "iris": lambda: sklearn.datasets.load_iris(return_X_y=True),
}


def test_every_configured_data_set_has_a_checksum_and_a_recipe():
    assert set(CONFIG) == set(CHECKSUMS) == set(RECIPES)


@pytest.mark.parametrize("name", CONFIG)
def test_bytes_match_the_stored_checksum(name):
    found = tuple(hashlib.sha256(part.tobytes()).hexdigest() for part in _generate(name))
    assert found == CHECKSUMS[name]


@pytest.mark.parametrize("name", CONFIG)
def test_samples_follow_the_recipe_of_the_fact_sheet(name):
    x, y = _generate(name)
    expected_x, expected_y = RECIPES[name]()
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    np.testing.assert_allclose(x, expected_x, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(y, expected_y)


def test_points_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"found 3 points in `x` and 2 labels in `y`"):
        points.generate(x=[[0.0], [1.0], [2.0]], y=[0, 1])
