"""Data sets and trainings have the names that a reader knows them by."""

import pytest

from hessian_boundary.wording.labels import readable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("iris", "Iris"),
        ("mnist_0179", "MNIST-0179"),
        ("cifar_127", "CIFAR-127"),
        ("mnist", "MNIST"),
        ("half_moon", "half-moon"),
        ("large_norm", "large norm"),
        ("rates,learning_rate=0.1", "rates, learning rate = 0.1"),
    ],
)
def test_names_are_written_as_the_paper_writes_them(name, shown) -> None:
    assert readable(name) == shown
