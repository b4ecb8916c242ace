"""Where a long Lanczos run keeps what it has, so that a killed one goes on from its last block.

A folder beside the artifact holds the basis in one file and, in another, what says which of its
rows count. New rows go behind the ones that count, and the second file is replaced as a whole, so
a kill at any moment leaves the last state or the one before. A restart of the run changes all
rows: they go to a new file, and the old one is deleted once the second file names the new one.
Whatever does not match its checksum (a power cut, a full disk) is discarded with a line in the
log.
"""

import hashlib
import io
import shutil
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hessian_boundary.artifacts.store import atomic
from hessian_boundary.curvature.solvers.krylov import KrylovState

DIGEST_BYTES = hashlib.sha256().digest_size


class LanczosCheckpoint:
    """The state of the run that makes the artifact at `path`.

    `key` says all that the states of a run depend on: one that was saved under another is never
    gone on from. `pairs` is how many are wanted at the top and at the bottom. A state that was
    saved for more of them serves, and so does one for any tolerance: for a tighter one the run goes
    on as if it had been asked for from the start, for a looser one it has a larger space than it
    needs.
    """

    def __init__(self, path: str | Path, key: str, pairs: tuple[int, int] = (0, 0)) -> None:
        path = Path(path)
        self.folder = path.with_name(f".{path.name}.unfinished")
        self._state = self.folder / "state"
        self._key, self._pairs = hashlib.sha256(key.encode()).hexdigest(), pairs
        self._number = self._rows = self._checksum = 0  # of the basis file that counts

    def save(self, state: KrylovState) -> None:
        """Write a state: the rows that changed, and the small file that makes them count.

        Every state of a run has to be saved, in order, by the object that loaded its start.
        """
        if not self._rows:
            self.remove()
            self.folder.mkdir(parents=True)
        replaced = self._basis_file() if state.changed < self._rows else None
        if replaced:
            self._number, self._rows, self._checksum = self._number + 1, 0, 0
        rows = state.basis[self._rows :].cpu().contiguous().numpy()
        with open(self._basis_file(), "r+b" if self._rows else "wb") as file:
            file.seek(self._rows * rows[:1].nbytes)
            file.write(rows.data)
        self._rows += len(rows)
        self._checksum = zlib.crc32(rows.data, self._checksum)
        self._write_state(state, rows.dtype.str)
        if replaced:
            replaced.unlink()

    def load(self) -> KrylovState | None:
        """Return the last state, or None where there is none to go on from.

        The basis stays on disk until it is used.
        """
        if not self._state.is_file():
            return None
        try:
            state = self._read_state()
        except (OSError, ValueError) as error:
            print(f"discarded unfinished work in {self.folder}: {error}", file=sys.stderr)
            self.remove()
            return None
        for file in self.folder.iterdir():  # of a run that was killed while it wrote
            if file not in (self._state, self._basis_file()):
                file.unlink()
        print(f"going on from {state.products:,} products in {self.folder}", file=sys.stderr)
        return state

    def remove(self) -> None:
        """Delete everything: the run is complete, or starts afresh."""
        self._number = self._rows = self._checksum = 0
        self._state.unlink(missing_ok=True)  # first, since the rest means nothing without it
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _basis_file(self) -> Path:
        return self.folder / f"basis{self._number}"

    def _write_state(self, state: KrylovState, dtype: str) -> None:
        content: dict[str, Any] = {
            "key": self._key,
            "basis": [self._number, *state.basis.shape, self._checksum],
            "dtype": dtype,
            "products": state.products,
            "pairs": self._pairs,
            "projected": state.projected.numpy(),
            "coupling": state.coupling.numpy(),
        }
        buffer = io.BytesIO()
        np.savez(buffer, **content)
        with atomic(self._state) as temporary:
            digest = hashlib.sha256(buffer.getbuffer()).digest()
            temporary.write_bytes(digest + buffer.getvalue())

    def _read_state(self) -> KrylovState:
        content = self._state.read_bytes()
        digest, archive = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(archive).digest() != digest:
            raise ValueError(f"expected the checksum of {self._state.name} to match, it does not")
        with np.load(io.BytesIO(archive)) as fields:
            found = dict(fields)
        if found["key"] != self._key:
            raise ValueError("expected work of this configuration and inputs, found other work")
        if (found["pairs"] < self._pairs).any():
            raise ValueError(
                f"expected work for at least {self._pairs} pairs at the top and the bottom, found "
                f"for {tuple(found['pairs'].tolist())}"
            )
        self._number, rows, dimension, self._checksum = map(int, found["basis"])
        file, dtype = self._basis_file(), np.dtype(str(found["dtype"]))
        # mapped, so that a second copy of the basis takes no memory
        basis = np.memmap(file, dtype, mode="c", shape=(rows, dimension))
        if zlib.crc32(basis.data) != self._checksum:
            raise ValueError(f"expected the checksum of {file.name} to match, it does not")
        self._rows = rows
        return KrylovState(
            basis=torch.from_numpy(basis),
            projected=torch.from_numpy(found["projected"]),
            coupling=torch.from_numpy(found["coupling"]),
            products=int(found["products"]),
            changed=0,
        )
