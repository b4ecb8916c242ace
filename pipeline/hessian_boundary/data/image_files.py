"""The one place that opens raw data files: looks for them in folders, downloads, checks.

Sources in order: the configured data folder, the project's cache `data/`, a download into that
cache. A download must have its publisher's checksum. A file that somebody put into a folder is
used as it is, and its checksum decides whether it counts as exact.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.request import urlopen

import numpy as np

from hessian_boundary.artifacts.store import atomic
from hessian_boundary.runtime.own_files import not_watched
from hessian_boundary.runtime.progress import Progress

CACHE_FOLDER = Path(__file__).resolve().parents[3] / "data"
ANSWER_SECONDS = 4.0  # for a server's first answer, and for each block of a download
BLOCK = 2**20  # bytes
CLASSES = 10  # of MNIST and of CIFAR-10

# x (sample, channel, row, column) float32, y (sample,) int64, attributes of the dataset artifact
Samples = tuple[np.ndarray, np.ndarray, dict[str, Any]]


class DataUnavailableError(ValueError):
    """A data file is missing, damaged or not the one expected, and no source offers it."""


class UnreachableError(DataUnavailableError):
    """No folder has the file and no server delivers it."""


@dataclass(frozen=True)
class RawFile:
    """A file as its publisher offers it."""

    paths: tuple[str, ...]  # below a data folder; a download goes to the first
    checksum: str  # "md5:…" or "sha1:…"
    parse: Callable[[bytes], Any]  # content -> arrays; may raise anything when it is damaged
    urls: tuple[str, ...] = ()  # mirrors; none for what comes out of an archive

    def __str__(self) -> str:
        return f"{self.paths[0]} ({self.checksum})"

    def checksum_of(self, content: bytes) -> str:
        """Return the checksum of other content, by the same algorithm."""
        algorithm = self.checksum.partition(":")[0]
        return f"{algorithm}:{hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()}"


@dataclass(frozen=True)
class Loaded:
    """What was read: the parsed arrays, and which file they come from."""

    arrays: Any
    name: str
    checksum: str
    exact: bool  # the checksum is the publisher's


def load(alternatives: Sequence[RawFile], data_folder: str | None) -> Loaded:
    """Read the first of several equivalent files that can be had.

    Raises DataUnavailableError when the data folder does not exist, a file found is cut short or
    damaged, or a download has another checksum; UnreachableError when there is nothing to read.
    """
    folders = [CACHE_FOLDER]
    if data_folder is not None:
        folders.insert(0, Path(data_folder).expanduser())
        if not folders[0].is_dir():
            raise DataUnavailableError(
                f"expected a folder at data_folder = {data_folder}, found none; correct it in the "
                "configuration"
            )
    for folder in folders:
        for file in alternatives:
            for path in file.paths:
                if (folder / path).is_file():
                    return _read(file, folder / path)
    return _download(alternatives, folders)


def source_attributes(title: str, files: Sequence[Loaded]) -> dict[str, Any]:
    """Return what a dataset artifact and the captions say about where its samples come from."""
    exact = all(file.exact for file in files)
    return {
        "source": title if exact else f"{title}, a copy whose checksum is not the canonical one",
        "exact": exact,
        "source_files": "; ".join(f"{file.name} {file.checksum}" for file in files),
    }


def first_of_each_class(
    images: np.ndarray, labels: np.ndarray, classes: Sequence[int], per_class: int
) -> tuple[np.ndarray, np.ndarray]:
    """Take the first `per_class` samples of each class, class by class in list order.

    PAPER: the authors' code orders them so; the order decides which samples the split takes.

    `images` is (n, …) and `labels` (n,). Returns the images chosen and y (sample,) int64, which
    counts the classes in list order: 0 … C−1.

    Raises ValueError for classes outside 0 … 9 or named twice, `per_class` < 1, too few samples.
    """
    if not classes or len(set(classes)) < len(classes) or not set(classes) <= set(range(CLASSES)):
        raise ValueError(f"expected `classes` among 0 … 9, each once, found {list(classes)}")
    if per_class < 1:
        raise ValueError(f"expected `per_class` of at least 1, found {per_class}")
    members = [np.flatnonzero(labels == label)[:per_class] for label in classes]
    for label, found in zip(classes, members, strict=True):
        if len(found) < per_class:
            raise ValueError(
                f"expected {per_class} samples of class {label}, found {len(found)} among "
                f"{len(labels)} samples; lower `per_class`, or replace the data file if it is not "
                "complete"
            )
    y = np.repeat(np.arange(len(classes), dtype=np.int64), per_class)
    return images[np.concatenate(members)], y


def _read(file: RawFile, path: Path) -> Loaded:
    print(f"reading {path}", file=sys.stderr, flush=True)
    with not_watched():
        content = path.read_bytes()
    checksum = file.checksum_of(content)
    try:
        arrays = file.parse(content)
    except Exception as error:  # damaged archives and pickles raise whatever they meet
        source = f"download it from {' or '.join(file.urls)}" if file.urls else "unpack it again"
        raise DataUnavailableError(
            f"expected {file} at {path}, found {len(content):,} bytes ({checksum}) that are cut "
            f"short or damaged ({type(error).__name__}: {error}); {source} and put it there"
        ) from error
    return Loaded(arrays, path.name, checksum, exact=checksum == file.checksum)


def _download(alternatives: Sequence[RawFile], folders: Sequence[Path]) -> Loaded:
    """Fetch the first file that a server delivers with the right checksum into the cache."""
    offers = [(file, url) for file in alternatives for url in file.urls]
    failures, refused = [], False
    for file, url in offers:
        try:
            content = _fetch(url)
        except (OSError, HTTPException) as error:
            failures.append(f"{url}: {error}")
            continue
        if (checksum := file.checksum_of(content)) == file.checksum:
            path = CACHE_FOLDER / file.paths[0]
            with atomic(path) as temporary:
                temporary.write_bytes(content)
            return _read(file, path)
        refused = True
        failures.append(f"{url}: {len(content):,} bytes with the wrong checksum {checksum}")
    raise (DataUnavailableError if refused else UnreachableError)(
        f"expected {' or '.join(map(str, alternatives))}, found no such file in "
        f"{' or '.join(map(str, folders))}, and the download failed ({'; '.join(failures)}); "
        f"download {' or '.join(url for _, url in offers)} and put it into {folders[0]}"
    )


def _fetch(url: str) -> bytes:
    """Raises OSError or HTTPException when no server answers or the content is cut short."""
    with _open(url) as response:
        total = int(response.headers.get("Content-Length", 0))
        progress, content = Progress(f"download of {url}, bytes", total or None), bytearray()
        while block := response.read(BLOCK):
            content += block
            progress.update(len(content))
    if total and len(content) != total:
        raise OSError(f"cut short: {len(content):,} of {total:,} bytes")
    return bytes(content)


def _open(url: str) -> Any:
    """Open a URL; the time limit covers name resolution and all addresses of the server too."""
    answer: SimpleQueue[Any] = SimpleQueue()

    def ask() -> None:
        try:
            answer.put(urlopen(url, timeout=ANSWER_SECONDS))
        except Exception as error:  # handed over to the caller
            answer.put(error)

    Thread(target=ask, daemon=True).start()
    try:
        response = answer.get(timeout=ANSWER_SECONDS)
    except Empty:
        raise TimeoutError(f"no answer within {ANSWER_SECONDS:g} s") from None
    if isinstance(response, Exception):
        raise response
    return response
