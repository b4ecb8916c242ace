"""The shipped generator of one's own tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
        (["+1", "-1", "-1", "+1"], [1, 0, 0, 1], ["-1", "1"]),
        ([" a", "b", "a ", "b"], [0, 1, 0, 1], ["a", "b"]),
        (["None", "NA", "nan", "NA"], [1, 0, 2, 0], ["NA", "None", "nan"]),
        # other text is another class, though it may be read as the same number
        (["01", "1", "1", "01"], [0, 1, 1, 0], ["01", "1"]),
        (["1E3", "1000", "1E3", "2"], [1, 0, 1, 2], ["1000", "1E3", "2"]),
        ([f"900719925474099{d}" for d in (3, 2)], [1, 0], [f"900719925474099{d}" for d in (2, 3)]),
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
    "number missing": ("a,kind\n1,0\n2,NA\n3,1\n", {}, "column 'kind' .* found none in line 3"),
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
