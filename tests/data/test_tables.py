"""The shipped generators of tables and arrays of one's own."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

from hessian_boundary.data.dataset import build_dataset, class_names
from hessian_boundary.data.generating import generate_samples

CSV = "width,height,kind\n0.5,1,pear\n2,3e-1,apple\n0.1,-4,pear\n1,1,fig\n"


def table(folder: Path, text: str = CSV, **parameters: Any) -> Any:
    (folder / "fruit.csv").write_bytes(text.encode())
    parameters = {"file": str(folder / "fruit.csv"), "label": "kind", **parameters}
    return generate_samples("csv", parameters)


def test_a_table_becomes_samples_with_names(tmp_path: Path) -> None:
    x, y, about = table(tmp_path, "\ufeff" + CSV + "\n")
    assert x.tolist() == np.float32([[0.5, 1], [2, 0.3], [0.1, -4], [1, 1]]).tolist()
    assert y.tolist() == [2, 0, 2, 1]
    assert about == {"features": ["width", "height"], "class_names": ["apple", "fig", "pear"]}
    dataset = build_dataset(x, y, train_fraction=1.0, about=about)
    assert class_names(dataset) == ["apple", "fig", "pear"]
    assert dataset["feature"].values.tolist() == ["width", "height"]


def test_features_are_chosen_in_the_order_that_is_given(tmp_path: Path) -> None:
    x, _, about = table(tmp_path, features=["height"])
    assert (x.tolist()[1], about["features"]) == ([np.float32(0.3)], ["height"])
    assert table(tmp_path, features=["height", "width"])[0][0].tolist() == [1, 0.5]


@pytest.mark.parametrize(
    ("labels", "expected", "names"),
    [
        (["0", "2", "1", "0"], [0, 2, 1, 0], None),
        (["10", "2", "2", "1"], [2, 1, 1, 0], ["1", "2", "10"]),  # by number, not by letter
        (["1.0", "0.0", "1.0", "0"], [1, 0, 1, 0], None),
        ([" a", "b", "a ", "b"], [0, 1, 0, 1], ["a", "b"]),
    ],
)
def test_labels_may_be_words_or_numbers(tmp_path: Path, labels, expected, names) -> None:
    text = "a,kind\n" + "".join(f"{row},{label}\n" for row, label in enumerate(labels))
    _, y, about = table(tmp_path, text)
    assert (y.tolist(), about.get("class_names")) == (expected, names)


def test_other_separators_encodings_and_decimals(tmp_path: Path) -> None:
    text = CSV.replace(",", ";").replace(".", ",").replace("pear", "Pfläume")
    (tmp_path / "fruit.csv").write_bytes(text.encode("latin-1"))
    options = {"separator": ";", "decimal": ",", "encoding": "latin-1"}
    x, _, about = generate_samples(
        "csv", {"file": str(tmp_path / "fruit.csv"), "label": "kind", **options}
    )
    assert x[0, 0] == np.float32(0.5)
    assert about["class_names"] == ["Pfläume", "apple", "fig"]


def test_a_column_may_say_what_samples_are_for(tmp_path: Path) -> None:
    lines = CSV.splitlines()
    uses = ["use", "train", "test", "", "train"]
    text = "\n".join(f"{line},{use}" for line, use in zip(lines, uses, strict=True))
    _, _, about = table(tmp_path, text, split="use")
    assert about["split"] == ["train", "test", "", "train"]


REFUSED: dict[str, tuple[str, dict, str]] = {
    "label name": (CSV, {"label": "knd"}, "a column 'knd' in fruit.csv, .* did you mean 'kind'"),
    "feature name": (CSV, {"features": ["widht"]}, "column 'widht' .* did you mean 'width'"),
    "split name": (CSV, {"split": "use"}, "column 'use' in fruit.csv, found none; known: height"),
    "missing": (CSV.replace("-4", ""), {}, "'height' of fruit.csv, found none in line 4, as in 1"),
    "missing word": (CSV.replace("-4", "NA"), {}, "'height' .* none in line 4"),
    "short line": (CSV + "3\n", {}, "column 'height' of fruit.csv, found none in line 6"),
    "label missing": (CSV.replace("fig", ""), {}, "column 'kind' .* found none in line 5"),
    "after a blank line": (CSV.replace("0.1", "\n"), {}, "expected"),
    "text": (CSV.replace("0.1", "tall"), {}, "column 'width' of fruit.csv, found 'tall' in line 4"),
    "constant": ("a,kind\n1,x\n2,x\n", {}, "two classes in column 'kind' .* 'x' in every line"),
    "fractions": ("a,kind\n1,0.5\n2,1\n", {}, "words or whole numbers, found 0.5 in line 2; name"),
    "twice": (CSV.replace("height", "width"), {}, "in line 1 of fruit.csv, found 'width' 2 times"),
    "no features": ("kind\na\nb\n", {}, r"one or more features of fruit.csv, .* found \[\]"),
    "label as feature": (CSV, {"features": ["width", "kind"]}, "none the label .*change `feat"),
    "feature twice": (CSV, {"features": ["width", "width"]}, "none of them twice"),
    "long line": (CSV + "1,2,fig,4\n", {}, "names in the first line of fruit.csv, found"),
    "empty": ("", {}, "names in the first line of fruit.csv, found No columns"),
    "encoding": (CSV, {"encoding": "utf-16"}, "expected text in utf-16 in fruit.csv|found UTF-16"),
    "unknown encoding": (CSV, {"encoding": "utf-99"}, "found unknown encoding: utf-99"),
}


@pytest.mark.parametrize(("text", "options", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_of_samples_is_refused(tmp_path, text, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        table(tmp_path, text, **options)


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
