"""Where a long Lanczos run keeps what it has, so that a killed one goes on from its last block."""

import sys
from pathlib import Path

import torch

from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.curvature.solvers.krylov import KrylovState


class LanczosCheckpoint:
    """The state of the run that makes the artifact at `path`.

    `key` says all that the run depends on: a state that was saved under another one is never
    gone on from.
    """

    def __init__(self, path: str | Path, key: str) -> None:
        self._work = UnfinishedWork(path, key)
        self.folder = self._work.folder

    def save(self, state: KrylovState) -> None:
        """Write a state: the rows of the basis that changed, and all else.

        Every state of a run has to be saved, in order, by the object that loaded its start.
        """
        kept = 0 if state.changed < self._work.rows else self._work.rows
        fields = {
            "products": state.products,
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
