"""Which alignment maps the page can show: of arrays that figures and tables need anyway."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

NEEDED = {"alignment_grid", "decision_boundary"}
SPECTRUM = "alignment_samples"  # has every eigenvalue, a map those of its eigenvectors only

Drawn = tuple[Collection[str], Sequence[str]]  # kinds of arrays, and experiments, of a figure


@dataclass(frozen=True)
class MappedRun:
    """One run with maps, and whether all its eigenvalues are there too."""

    experiment: str  # "data set/training", perhaps with a view
    seed: int
    with_spectrum: bool


def mapped_runs(
    figures: Iterable[Drawn], tabulated: Iterable[tuple[str, str, int]], drawn_seed: int
) -> list[MappedRun]:
    """Return each run once: those that figures draw, and the tabulated ones on the plane.

    The drawn seed comes first, then the others in their order: where the page has no room for all,
    the last are left out.
    """
    found: dict[tuple[str, int], bool] = {}
    for kinds, experiments in figures:
        if set(kinds) >= NEEDED:
            for key in ((experiment, drawn_seed) for experiment in experiments):
                found[key] = found.get(key, False) or SPECTRUM in kinds
    for dataset, training, seed in tabulated:
        found[f"{dataset}/{training}", seed] = True
    order = sorted(found, key=lambda key: (key[1] != drawn_seed, key[1]))
    return [MappedRun(*key, found[key]) for key in order]
