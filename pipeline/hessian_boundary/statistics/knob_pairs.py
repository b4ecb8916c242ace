"""Pairs of models that differ in one setting and nothing else, and how often a resample has them.

The unit of resampling is the configuration: what a model was trained with, but for its data draw
and seed, which resemble each other (Davison & Hinkley 1997, section 3.8).
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pairs:
    """Models `first` and `second` (pair,), and the column `axis` (pair,) in which they differ."""

    first: np.ndarray
    second: np.ndarray
    axis: np.ndarray

    def __len__(self) -> int:
        return len(self.axis)


def pairs_on_one_axis(settings: np.ndarray) -> Pairs:
    """Return all pairs of lines of settings (model, axis) that differ in one column only.

    Settings are compared for equality: codes, or numbers that were written down, not computed.
    """
    different = settings[:, None] != settings[None]
    first, second = np.nonzero(np.triu(different.sum(axis=2) == 1))
    return Pairs(first, second, different[first, second].argmax(axis=1))


def resampled_configurations(count: int, resamples: int, draw: np.random.Generator) -> np.ndarray:
    """Return how often each of `count` configurations is drawn: once, then in each resample.

    The result is (1 + resamples, configuration), its first line ones.
    """
    drawn = draw.multinomial(count, np.full(count, 1 / count), size=resamples)
    return np.concatenate([np.ones((1, count), dtype=drawn.dtype), drawn])


def pair_weights(pairs: Pairs, configuration: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return how often each pair is there (resample, pair), for configurations drawn `times`.

    `configuration` (model,) numbers that of each model. Two models of one configuration, which
    differ in draw or seed, are there as often as it is.
    """
    one, other = configuration[pairs.first], configuration[pairs.second]
    return np.where(one == other, times[:, one], times[:, one] * times[:, other])


def exchanged(
    configuration: np.ndarray, slot: np.ndarray, permutations: int, draw: np.random.Generator
) -> np.ndarray:
    """Return whose error each model has (1 + permutations, model) by chance.

    `slot` (model,) numbers the data draw and seed of each model. The first line exchanges nothing.
    In the others a random permutation of the configurations that have the same slots gives each
    model the error that another configuration has in its slot. If a measure has nothing to do with
    the test error, all of these are as likely. The measure stays where it is, with its ties.
    """
    alike = defaultdict(list)
    for code in range(configuration.max() + 1):
        members = np.flatnonzero(configuration == code)
        members = members[np.argsort(slot[members], kind="stable")]
        alike[tuple(slot[members])].append(members)
    source = np.tile(np.arange(len(configuration)), (1 + permutations, 1))
    for group in map(np.stack, alike.values()):  # (configuration, slot)
        orders = np.tile(np.arange(len(group)), (permutations, 1))
        source[1:, group] = group[draw.permuted(orders, axis=1)]
    return source
