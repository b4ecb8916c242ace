"""Where a long Lanczos run keeps what it has, so that a killed one goes on from its last block."""

import sys
from pathlib import Path

import torch

from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.curvature.solvers.krylov import KrylovState


class LanczosCheckpoint:
    """The state of the run that makes the artifact at `path`.

    `key` says all that the states of a run depend on: one that was saved under another is never
    gone on from. `pairs` is how many are wanted at the top and at the bottom. A state that was
    saved for more of them serves, and so does one for any tolerance: for a tighter one the run goes
    on as if it had been asked for from the start, for a looser one it has a larger space than it
    needs.
    """

    def __init__(self, path: str | Path, key: str, pairs: tuple[int, int] = (0, 0)) -> None:
        self._work = UnfinishedWork(path, key)
        self._pairs = pairs
        self.folder = self._work.folder

    def save(self, state: KrylovState) -> None:
        """Write a state: the rows of the basis that changed, and all else.

        Every state of a run has to be saved, in order, by the object that loaded its start.
        """
        kept = 0 if state.changed < self._work.rows else self._work.rows
        fields = {
            "products": state.products,
            "pairs": self._pairs,
            "projected": state.projected.numpy(),
            "coupling": state.coupling.numpy(),
        }
        rows = state.basis[kept:].cpu().contiguous().numpy()
        self._work.save(fields, rows, kept)

    def load(self) -> KrylovState | None:
        """Return the last state, or None where there is none to go on from.

        The basis stays on disk until it is used.
        """
        found = self._work.load()
        if found is None:
            return None
        if (found["pairs"] < self._pairs).any():
            print(
                f"discarded unfinished work in {self.folder}: expected work for at least "
                f"{self._pairs} pairs at the top and the bottom, found for "
                f"{tuple(found['pairs'].tolist())}",
                file=sys.stderr,
            )
            self.remove()
            return None
        state = KrylovState(
            basis=torch.from_numpy(found["rows"]),
            projected=torch.from_numpy(found["projected"]),
            coupling=torch.from_numpy(found["coupling"]),
            products=int(found["products"]),
            changed=0,
        )
        print(f"going on from {state.products:,} products in {self.folder}", file=sys.stderr)
        return state

    def remove(self) -> None:
        """Delete everything: the run is complete, or starts afresh."""
        self._work.remove()
