"""Pairs of models that differ in one setting, resamples and exchanges of configurations."""

import numpy as np

from hessian_boundary.statistics.knob_pairs import (
    Pairs,
    exchanged,
    pair_weights,
    pairs_on_one_axis,
    resampled_configurations,
)


def test_pairs_are_those_of_a_plain_loop() -> None:
    settings = np.random.default_rng(1).integers(0, 2, size=(25, 4))
    expected = [
        (i, j, int(np.flatnonzero(settings[i] != settings[j])[0]))
        for i in range(25)
        for j in range(i + 1, 25)
        if (settings[i] != settings[j]).sum() == 1
    ]
    pairs = pairs_on_one_axis(settings)
    columns = (part.tolist() for part in (pairs.first, pairs.second, pairs.axis))
    found = list(zip(*columns, strict=True))
    assert found == expected
    assert len(pairs) == len(expected) > 10


def test_a_resample_draws_as_many_configurations_as_there_are() -> None:
    times = resampled_configurations(7, 50, np.random.default_rng(0))
    assert times.shape == (51, 7)
    assert (times[0] == 1).all()
    assert (times.sum(axis=1) == 7).all()
    assert times[1:].std() > 0


def test_pairs_within_a_configuration_are_there_as_often_as_it_is() -> None:
    pairs = Pairs(np.array([0, 0]), np.array([1, 2]), np.array([0, 1]))
    configuration, times = np.array([0, 0, 1]), np.array([[1, 1], [2, 3], [0, 2]])
    weights = pair_weights(pairs, configuration, times)
    assert weights.tolist() == [[1, 1], [2, 6], [0, 0]]


def test_exchanges_keep_models_of_one_configuration_together() -> None:
    configuration, slot = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 0, 0, 1])
    source = exchanged(configuration, slot, 200, np.random.default_rng(0))
    assert len(source) == 201
    assert source[0].tolist() == list(range(6))
    assert (slot[source] == slot).all()
    whose = configuration[source]
    assert all((whose[:, configuration == code].std(axis=1) == 0).all() for code in range(3))
    orders = {tuple(line) for line in whose[:, ::2].tolist()}
    assert len(orders) == 6
    assert all(sorted(order) == [0, 1, 2] for order in orders)


def test_configurations_that_have_other_slots_exchange_nothing() -> None:
    configuration, slot = np.array([0, 0, 1, 2, 3, 3]), np.array([0, 1, 0, 0, 0, 1])
    source = exchanged(configuration, slot, 50, np.random.default_rng(0))
    assert {tuple(line) for line in source[:, [2, 3]].tolist()} == {(2, 3), (3, 2)}
    assert {tuple(line) for line in source[:, [0, 1, 4, 5]].tolist()} == {
        (0, 1, 4, 5),
        (4, 5, 0, 1),
    }
