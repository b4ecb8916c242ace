"""Small colour photographs: the CIFAR-10 test batch."""

import gzip
import io
import pickle
import tarfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from hessian_boundary.data.image_files import (
    CLASSES,
    RawFile,
    Samples,
    first_of_each_class,
    load,
    source_attributes,
)

SERVER = "https://www.cs.toronto.edu/~kriz"
NAMES = (  # as the archive's batches.meta has them
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
IMAGE_SHAPE = (3, 32, 32)  # red, green, blue
RECORD = 1 + 3 * 32 * 32  # bytes of an image in the binary version: label, pixels

# PAPER: the standard normalisation, of pixels / 255, per channel
MEAN = (0.4914, 0.4822, 0.4465)
STANDARD_DEVIATION = (0.2023, 0.1994, 0.2010)

Batch = tuple[np.ndarray, np.ndarray]  # images (n, 3, 32, 32) uint8, labels (n,)


def generate(
    *, classes: Sequence[int], per_class: int, normalise: bool, data_folder: str | None = None
) -> Samples:
    """Return the first `per_class` images of each class, class by class in list order.

    Returns x (sample, 3, 32, 32) float32, standardised per channel where `normalise` is true and
    raw 0 … 255 otherwise (as the last version of the authors' code has it), y (sample,) int64 and
    the attributes `source`, `exact`, `source_files` and `class_names`.
    DEVIATION: the authors' code swaps rows and columns; here images are upright.

    Raises DataUnavailableError when no source has the data or a file is damaged or refused, and
    ValueError for classes or numbers that the data does not have.
    """
    batch = load(ALTERNATIVES, data_folder)
    images, labels = batch.arrays
    pixels, y = first_of_each_class(images, labels, classes, per_class)
    x = pixels.astype(np.float32)
    if normalise:
        mean, deviation = (
            np.array(values, dtype=np.float32)[:, None, None]
            for values in (MEAN, STANDARD_DEVIATION)
        )
        x = (x / np.float32(255) - mean) / deviation
    about = source_attributes("CIFAR-10 test batch", [batch])
    return x, y, about | {"class_names": [NAMES[label] for label in classes]}


def parse_binary(content: bytes) -> Batch:
    """Read the binary version: one byte of label and 3,072 of pixels per image.

    Raises ValueError when the size is not a multiple of that or a label is not 0 … 9.
    """
    if not content or len(content) % RECORD:
        raise ValueError(f"expected a multiple of {RECORD:,} bytes, found {len(content):,}")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, RECORD)
    return _checked(records[:, 1:], records[:, 0])


def parse_pickle(content: bytes) -> Batch:
    """Read the Python version: a pickled dictionary with b"data" (n, 3072) and b"labels".

    Raises UnpicklingError for a pickle that asks for anything but arrays, and KeyError or
    ValueError for one that holds something else.
    """
    batch = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    return _checked(np.asarray(batch[b"data"]), np.asarray(batch[b"labels"]))


def _checked(pixels: np.ndarray, labels: np.ndarray) -> Batch:
    if pixels.shape != (len(labels), RECORD - 1) or pixels.dtype != np.uint8:
        raise ValueError(
            f"expected pixels ({len(labels)}, {RECORD - 1}) uint8, found {pixels.shape} "
            f"{pixels.dtype}"
        )
    if not np.isin(labels, range(CLASSES)).all():
        raise ValueError(f"expected labels 0 … 9, found {np.unique(labels).tolist()}")
    return pixels.reshape(-1, *IMAGE_SHAPE), labels


class _ArrayUnpickler(pickle.Unpickler):
    """Lets a pickle build arrays and nothing else: an unpickled name may run any code."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            "_reconstruct": np._core.multiarray._reconstruct,  # type: ignore[attr-defined]
            "ndarray": np.ndarray,
            "dtype": np.dtype,
        }
        # the original was written when numpy had no underscore in its core's name
        if name in known and module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
            return known[name]
        raise pickle.UnpicklingError(f"expected arrays only, found {module}.{name}")


def _parse_archive(content: bytes, *, member: str, parse: Callable[[bytes], Batch]) -> Batch:
    # all of it is decompressed first, so that a cut behind the member shows as well
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content)), mode="r:") as archive:
        file = archive.extractfile(member)
        if file is None:
            raise ValueError(f"expected a file {member} in the archive, found something else")
        return parse(file.read())


def _archive(version: str, checksum: str, batch: RawFile) -> RawFile:
    name = f"cifar-10-{version}.tar.gz"
    parse = partial(_parse_archive, member=batch.paths[0], parse=batch.parse)
    return RawFile((name,), checksum, parse, (f"{SERVER}/{name}",))


BINARY_BATCH = RawFile(
    ("cifar-10-batches-bin/test_batch.bin",),
    "sha1:67eb016db431130d61cd03c7ad570b013799c88c",  # as MXNet's data sets check it
    parse_binary,
)
PYTHON_BATCH = RawFile(
    ("cifar-10-batches-py/test_batch",),
    "md5:40351d587109b95175f43aff81a1287e",  # as torchvision checks it
    parse_pickle,
)
ALTERNATIVES = (
    _archive("binary", "md5:c32a1d4ab5d03f1284b67883e8d87530", BINARY_BATCH),
    _archive("python", "md5:c58f30108f718f92721af3b95e74349a", PYTHON_BATCH),
    BINARY_BATCH,
    PYTHON_BATCH,
)
