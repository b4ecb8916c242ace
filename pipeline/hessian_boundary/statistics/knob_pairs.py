"""Pairs of models that differ in one setting and nothing else, and how often a resample has them.

The unit of resampling is the configuration: what a model was trained with, but for its data draw
and seed, which resemble each other (Davison & Hinkley 1997, section 3.8).
"""

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


def exchanged(configuration: np.ndarray, resamples: int, draw: np.random.Generator) -> np.ndarray:
    """Return whose value each model has (1 + resamples, model) when configurations are exchanged.

    The first line exchanges nothing. In the others a random permutation π gives the k-th model of
    configuration c the value of the k-th of π(c), or of the first again where that has fewer: if a
    measure has nothing to do with the test error, all of these are as likely, and ties stay.
    """
    members = [np.flatnonzero(configuration == code) for code in range(configuration.max() + 1)]
    source = np.tile(np.arange(len(configuration)), (1 + resamples, 1))
    for line in source[1:]:
        for mine, other in zip(members, draw.permutation(len(members)), strict=True):
            line[mine] = np.resize(members[other], len(mine))
    return source
