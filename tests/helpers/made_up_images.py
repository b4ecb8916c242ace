"""Small image data: random files in every form, a server that offers them, and what is in them.

Nothing here leaves this machine: servers are http.server on 127.0.0.1.
"""

import gzip
import hashlib
import io
import pickle
import tarfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from hessian_boundary.data import image_files
from hessian_boundary.data.generators import cifar10, mnist

PER_CLASS = 4
DIGITS = np.tile(np.arange(10, dtype=np.uint8), 6)[3:]  # interleaved, starting with class 3
RANDOM = np.random.default_rng(5)
MNIST_IMAGES = RANDOM.integers(0, 256, (len(DIGITS), 28, 28), dtype=np.uint8)
CIFAR_IMAGES = RANDOM.integers(0, 256, (len(DIGITS), 3, 32, 32), dtype=np.uint8)


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
    return gzip.compress(header + array.tobytes(), mtime=0)


def python2_pickle(batch):
    """Write bytes as Python 2 wrote its strings, and numpy's names as they were then."""

    class Pickler(pickle._Pickler):
        def save_bytes(self, value):
            self.write(pickle.BINSTRING + len(value).to_bytes(4, "little") + value)
            self.memoize(value)

        dispatch = pickle._Pickler.dispatch | {bytes: save_bytes}

    file = io.BytesIO()
    Pickler(file, protocol=2).dump(batch)
    return file.getvalue().replace(b"numpy._core", b"numpy.core")


def archive_of(member, content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, part in {member: content, "readme.html": b"x" * 5000}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(part)
            archive.addfile(entry, io.BytesIO(part))
    return file.getvalue()


ROWS = CIFAR_IMAGES.reshape(len(DIGITS), -1)
BINARY = np.column_stack([DIGITS, ROWS]).tobytes()
PICKLE = python2_pickle({b"batch_label": b"test", b"labels": DIGITS.tolist(), b"data": ROWS})
BINARY_NAME, PICKLE_NAME = "cifar-10-batches-bin/test_batch.bin", "cifar-10-batches-py/test_batch"
FILES = {
    "mnist/t10k-images-idx3-ubyte.gz": idx(MNIST_IMAGES),
    "mnist/t10k-labels-idx1-ubyte.gz": idx(DIGITS),
    "cifar-10-binary.tar.gz": archive_of(BINARY_NAME, BINARY),
    "cifar-10-python.tar.gz": archive_of(PICKLE_NAME, PICKLE),
    BINARY_NAME: BINARY,
    PICKLE_NAME: PICKLE,
}
MNIST_NAMES, CIFAR_NAMES = list(FILES)[:2], list(FILES)[2:]
ARCHIVES = CIFAR_NAMES[:2]


class Site(BaseHTTPRequestHandler):
    """Serves the made files at /<path>; /cut/<path> loses half, /other/<path> is something else."""

    def do_GET(self):
        variant, _, path = self.path[1:].partition("/")
        content = FILES[path if variant in ("cut", "other", "good") else self.path[1:]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        content = content[::-1] if variant == "other" else content
        self.wfile.write(content[: len(content) // 2] if variant == "cut" else content)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def offer(monkeypatch, tmp_path):
    """Make the made files the canonical ones, offered at the given places; the cache is empty."""
    monkeypatch.setattr(image_files, "CACHE_FOLDER", tmp_path / "cache")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def set_places(*places):
        def known(file):
            name = file.paths[0]
            urls = tuple(f"{place}/{name}" for place in places) if file.urls else ()
            return replace(file, checksum=md5(FILES[name]), urls=urls)

        monkeypatch.setattr(mnist, "IMAGES", known(mnist.IMAGES))
        monkeypatch.setattr(mnist, "LABELS", known(mnist.LABELS))
        monkeypatch.setattr(cifar10, "ALTERNATIVES", tuple(map(known, cifar10.ALTERNATIVES)))

    set_places("http://127.0.0.1:9")  # nothing listens there
    return set_places


def put_files(folder, names, change=lambda content: content):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(change(FILES[name]))
    return str(folder)


def digits(folder=None, **changes):
    return mnist.generate(
        **{"classes": [7, 0, 3], "per_class": PER_CLASS, "data_folder": folder, **changes}
    )


def photographs(folder=None, **changes):
    settings = {"classes": [7, 0, 3], "per_class": PER_CLASS, "normalise": False}
    return cifar10.generate(**{**settings, "data_folder": folder, **changes})


def expected(images):
    """The first of each class by walking through the file, class by class in list order."""
    chosen = []
    for label in (7, 0, 3):
        chosen += [i for i, found in enumerate(DIGITS) if found == label][:PER_CLASS]
    return images[chosen]


def check_samples(samples, images):
    x, y, _ = samples
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    np.testing.assert_array_equal(x, expected(images))
    assert y.tolist() == [0] * PER_CLASS + [1] * PER_CLASS + [2] * PER_CLASS
