"""The state of a long computation on disk, so that a killed one goes on from there.

A folder beside the artifact that is being made holds a small file `state` and, where a computation
has an array that grows, another one with its rows. New rows go behind the ones that count, and
`state`, which says how many do, is replaced as a whole: a kill at any moment leaves the last state
or the one before. An array all of whose rows changed goes to a new file, and the old one is deleted
once `state` names the new one. Whatever does not match its checksum (a power cut, a full disk), and
whatever belongs to another key, is discarded with a line in the log.
"""

import hashlib
import io
import shutil
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hessian_boundary.artifacts.store import atomic

DIGEST_BYTES = hashlib.sha256().digest_size


class UnfinishedWork:
    """The state of what makes the artifact at `path`.

    `key` says all that the result depends on: a state that was saved under another one is never
    gone on from.
    """

    def __init__(self, path: str | Path, key: str) -> None:
        path = Path(path)
        self.folder = path.with_name(f".{path.name}.unfinished")
        self._state = self.folder / "state"
        self._key = hashlib.sha256(key.encode()).hexdigest()
        self.rows = 0  # of the growing array that are on disk and count
        self._number = self._checksum = 0  # of the file that they are in
        self._started = False

    def save(
        self, fields: Mapping[str, Any], rows: np.ndarray | None = None, kept: int = 0
    ) -> None:
        """Write arrays and numbers by name; `rows` (k, m) go behind the first `kept` ones on disk.

        `kept` is 0 or all of them. Every state has to be saved by the object that loaded its start.
        """
        if not self._started:
            self.remove()
            self.folder.mkdir(parents=True)
            self._started = True
        replaced = None
        content = {"key": self._key, **fields}
        if rows is not None:
            replaced = self._append(rows, kept)
            content["rows"] = np.array([self._number, self.rows, rows.shape[1], self._checksum])
            content["rows_dtype"] = rows.dtype.str
        buffer = io.BytesIO()
        np.savez(buffer, **content)
        with atomic(self._state) as temporary:
            digest = hashlib.sha256(buffer.getbuffer()).digest()
            temporary.write_bytes(digest + buffer.getvalue())
        if replaced:
            replaced.unlink()

    def load(self) -> dict[str, np.ndarray] | None:
        """Return what was saved last, the growing array as "rows"; None where there is nothing.

        That array stays on disk until it is used.
        """
        if not self._state.is_file():
            return None
        try:
            fields = self._read()
        except (OSError, ValueError) as error:
            print(f"discarded unfinished work in {self.folder}: {error}", file=sys.stderr)
            self.remove()
            return None
        self._started = True
        used = (self._state, self._rows_file()) if "rows" in fields else (self._state,)
        for file in self.folder.iterdir():  # of a run that was killed while it wrote
            if file not in used:
                file.unlink()
        return fields

    def remove(self) -> None:
        """Delete everything: the work is complete, or starts afresh."""
        self.rows = self._number = self._checksum = 0
        self._started = False
        self._state.unlink(missing_ok=True)  # first, since the rest means nothing without it
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _rows_file(self) -> Path:
        return self.folder / f"rows{self._number}"

    def _append(self, rows: np.ndarray, kept: int) -> Path | None:
        """Write rows behind those that are kept; return the file that is to be deleted, if any."""
        replaced = self._rows_file() if kept < self.rows else None
        if replaced:
            self._number, self.rows, self._checksum = self._number + 1, 0, 0
        with open(self._rows_file(), "r+b" if self.rows else "wb") as file:
            file.seek(self.rows * rows[:1].nbytes)
            file.write(rows.data)
        self.rows += len(rows)
        self._checksum = zlib.crc32(rows.data, self._checksum)
        return replaced

    def _read(self) -> dict[str, np.ndarray]:
        content = self._state.read_bytes()
        digest, archive = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(archive).digest() != digest:
            raise ValueError(f"expected the checksum of {self._state.name} to match, it does not")
        with np.load(io.BytesIO(archive)) as stored:
            fields = dict(stored)
        if fields.pop("key") != self._key:
            raise ValueError("expected work of this configuration and inputs, found other work")
        if "rows" in fields:
            self._number, rows, columns, checksum = map(int, fields["rows"])
            file, dtype = self._rows_file(), np.dtype(str(fields.pop("rows_dtype")))
            # mapped, so that a second copy takes no memory
            mapped = np.memmap(file, dtype, mode="c", shape=(rows, columns))
            if zlib.crc32(mapped.data) != checksum:
                raise ValueError(f"expected the checksum of {file.name} to match, it does not")
            self.rows, self._checksum = rows, checksum
            fields["rows"] = mapped
        return fields
