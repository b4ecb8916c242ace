"""The shipped generators of one's own arrays: files of NumPy and Zarr, and no code in them."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from hessian_boundary.data.generating import generate_samples
from hessian_study.steps.make_dataset import named_path

X = np.random.RandomState(0).standard_normal((6, 2))
WORDS = np.array(["b", "a", "b", "c", "a", "c"])


def test_arrays_of_numpy(tmp_path: Path) -> None:
    np.savez_compressed(
        tmp_path / "a.npz", x=X, y=WORDS, images=X[:, None, None], labels=[1, 5] * 3
    )
    x, y, about = generate_samples("npz", {"file": str(tmp_path / "a.npz")})
    np.testing.assert_array_equal(x, X.astype(np.float32))
    assert (y.tolist(), about) == ([1, 0, 1, 2, 0, 2], {"class_names": ["a", "b", "c"]})
    names = {"x": "images", "y": "labels"}
    x, y, about = generate_samples("npz", {"file": str(tmp_path / "a.npz"), **names})
    assert x.shape == (6, 1, 1, 2)
    assert (y.tolist(), about) == ([0, 1] * 3, {"class_names": ["1", "5"]})


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_objects_are_never_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "a.npz", x=X, y=np.array([Bomb()] * 6, dtype=object))
    with pytest.raises(
        ValueError, match=r"in a.npz, found an array of objects; save it as numbers"
    ):
        generate_samples("npz", {"file": str(tmp_path / "a.npz")})
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(
        ValueError, match=r"expected arrays as np.savez writes them in b.npz, found"
    ):
        generate_samples("npz", {"file": str(tmp_path / "b.npz")})
    np.savez(tmp_path / "c.npz", x=X, labels=WORDS)
    with pytest.raises(ValueError, match="no array 'y'; known: labels, x"):
        generate_samples("npz", {"file": str(tmp_path / "c.npz")})
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.filterwarnings("ignore::zarr.errors.UnstableSpecificationWarning")
def test_a_store_of_either_format(tmp_path: Path, zarr_format: int, packed: bool) -> None:
    data = {"x": (("sample", "feature"), X), "y": ("sample", WORDS)}
    dataset = xr.Dataset(data, coords={"feature": ["p", "q"]})
    path = tmp_path / ("a.zarr.zip" if packed else "a.zarr")
    store = zarr.storage.ZipStore(path, mode="w") if packed else zarr.storage.LocalStore(path)
    dataset.to_zarr(store, zarr_format=zarr_format, consolidated=False)
    store.close()
    members = [path] if packed else [path / "README.md", *path.rglob("*")]  # as the workflow has it
    assert named_path([str(member) for member in members]) == path
    x, y, about = generate_samples("zarr", {"file": str(path)})
    np.testing.assert_array_equal(x, X.astype(np.float32))
    assert y.tolist() == [1, 0, 1, 2, 0, 2]
    assert about == {"class_names": ["a", "b", "c"], "features": ["p", "q"]}


def test_packed_numbers_are_unpacked_and_plain_arrays_are_read(tmp_path: Path) -> None:
    dataset = xr.Dataset(
        {"x": (("sample", "feature"), np.round(X, 2)), "y": ("sample", [0, 1] * 3)}
    )
    encoding = {"x": {"dtype": "int16", "scale_factor": 0.01, "_FillValue": -9999}}
    dataset.to_zarr(tmp_path / "packed.zarr", encoding=encoding, consolidated=False)
    x, _, _ = generate_samples("zarr", {"file": str(tmp_path / "packed.zarr")})
    np.testing.assert_allclose(x, np.round(X, 2), atol=1e-6)
    group = zarr.open_group(tmp_path / "plain.zarr", mode="w")
    group.create_array("inputs", data=X)
    group.create_array("y", data=np.array([0, 1] * 3))
    path = str(tmp_path / "plain.zarr")
    x, y, about = generate_samples("zarr", {"file": path, "x": "inputs"})
    np.testing.assert_array_equal(x, X.astype(np.float32))
    assert (y.tolist(), about) == ([0, 1] * 3, {})
    with pytest.raises(ValueError, match="no array 'x'; known: inputs, y"):
        generate_samples("zarr", {"file": path})


def test_a_store_that_would_unpickle_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for dtype in ("|O", "<f8"):
        folder = tmp_path / f"{dtype[1:]}.zarr"
        meta = {
            "zarr_format": 2, "shape": [2], "chunks": [2], "dtype": dtype, "compressor": None,
            "fill_value": 0, "order": "C", "filters": [{"id": "pickle"}],
        }  # fmt: skip
        for name in ("x", "y"):
            (folder / name).mkdir(parents=True)
            (folder / name / ".zarray").write_text(json.dumps(meta))
            (folder / name / "0").write_bytes(pickle.dumps(Bomb()))
        (folder / ".zgroup").write_text('{"zarr_format": 2}')
        with pytest.raises(ValueError, match="values are unpickled, which may run any code"):
            generate_samples("zarr", {"file": str(folder)})
    assert not (tmp_path / "ran").exists()
    (tmp_path / "no.zarr").mkdir()
    (tmp_path / "no.zarr/zarr.json").write_text("{")
    with pytest.raises(ValueError, match=r"in no.zarr, found ArchiveError: zarr.json is no JSON"):
        generate_samples("zarr", {"file": str(tmp_path / "no.zarr")})


def test_a_store_that_claims_to_be_huge_is_refused_before_it_is_read(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    group.create_array("x", shape=(10**9, 10), chunks=(1000, 10), dtype="f8")
    group.create_array("y", shape=(10**9,), chunks=(1000,), dtype="i8")
    with pytest.raises(
        ValueError, match="found ArchiveError: its arrays have 88,000,000,000 bytes"
    ):
        generate_samples("zarr", {"file": str(tmp_path / "a.zarr")})
