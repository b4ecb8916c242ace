"""What is in image files: formats, checksums, normalisation, and the classes that are chosen."""

import gzip
import pickle

import numpy as np
import pytest

from helpers.made_up_images import (
    BINARY,
    BINARY_NAME,
    CIFAR_IMAGES,
    DIGITS,
    MNIST_IMAGES,
    MNIST_NAMES,
    ROWS,
    digits,
    expected,
    idx,
    md5,
    photographs,
    put_files,
)
from hessian_boundary.data.generators import cifar10, mnist
from hessian_boundary.data.image_files import first_of_each_class


def test_a_copy_with_another_checksum_is_used_and_marked(offer, tmp_path):
    changed = np.frombuffer(BINARY, dtype=np.uint8).copy()
    changed[1] ^= 1  # one bit of one pixel
    folder = put_files(tmp_path, [BINARY_NAME], lambda _: changed.tobytes())
    x, _, attributes = photographs(folder)
    assert attributes["exact"] is False
    assert attributes["source"].endswith("a copy whose checksum is not the canonical one")
    assert attributes["source_files"] == f"test_batch.bin {md5(changed.tobytes())}"
    assert np.abs(x - expected(CIFAR_IMAGES)).sum() == 1


def test_normalisation_is_per_channel_on_pixels_over_255(offer, tmp_path):
    folder = put_files(tmp_path, [BINARY_NAME])
    raw = photographs(folder)[0].astype(np.float64) / 255
    x, _, _ = photographs(folder, normalise=True)
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
        (
            mnist.parse_idx,
            gzip.compress(b"\0\0\x0d\3", mtime=0),
            r"expected an IDX file of unsigned bytes",
        ),
        (mnist.parse_idx, gzip.compress(b"\0\0\x08\3\0\0", mtime=0), "found|multiple"),
        (
            mnist.parse_idx,
            gzip.compress(gzip.decompress(idx(DIGITS))[:-2], mtime=0),
            r"expected \[57\] values, found 55 bytes",
        ),
    ],
)
def test_content_that_is_not_what_it_should_be(parse, content, message):
    with pytest.raises(ValueError, match=message):
        parse(content)


def test_images_and_labels_that_do_not_belong_together(offer, tmp_path):
    folder = put_files(tmp_path, MNIST_NAMES)
    (tmp_path / MNIST_NAMES[1]).write_bytes(idx(DIGITS[:-1]))
    with pytest.raises(ValueError, match=r"images \(57, 28, 28\) and labels \(56,\)"):
        digits(folder)


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
