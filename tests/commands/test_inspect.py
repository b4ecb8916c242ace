"""Looking into artifacts: what is printed is compared with arrays made in the test."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.artifacts.schema import KINDS
from hessian_boundary.artifacts.store import save_artifact
from hessian_boundary.artifacts.strings import string_array
from hessian_study.commands import inspect
from hessian_study.commands.comparison.arrays import distance
from hessian_study.commands.main import main
from hessian_study.commands.open import EXAMPLES
from hessian_study.commands.opening import open_any
from hessian_study.provenance.verdicts import differences


def spectrum(eigenvalues: list[float], seed: int = 0) -> xr.Dataset:
    vectors = np.linalg.qr(np.random.default_rng(seed).standard_normal((6, 6)))[0]
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", np.array(eigenvalues)),
            "eigenvectors": (("eigen", "parameter"), vectors[: len(eigenvalues)]),
            "residuals": ("eigen", np.full(len(eigenvalues), 1e-16)),
        },
        attrs={"method": "dense"},
    )


def saved(path: Path, dataset: xr.Dataset, tolerance: float = 1e-12) -> str:
    settings = {"curvature": {"rank_tolerance": tolerance}}
    spec = {"step": "diagonalise", "code": "abc", "settings": settings}
    save_artifact(dataset, path, "spectrum", {"spec": spec})
    return str(path)


def saved_table(folder: Path, text: str) -> Path:
    """A table in a results folder, with its provenance where the workflow puts it."""
    table, record = folder / "tables" / "table1.csv", folder / "provenance" / "tables"
    for parent in (table.parent, record):
        parent.mkdir(parents=True)
    table.write_text(text)
    spec = {"step": "table", "code": "def", "settings": {"table": "table1"}}
    (record / "table1.csv.json").write_text(json.dumps({"spec": spec, "sha256": "0"}))
    return table


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["inspect", *arguments]) == 0
    return capsys.readouterr().out


def test_differences_of_long_settings_are_shown_where_they_part() -> None:
    names = [f"fig{n:02}" for n in range(30)]
    (change,) = differences({"targets": names}, {"targets": [*names, "my_maps"]})
    assert change.startswith("targets …")
    assert '"my_maps"]' in change
    assert len(change) < 150
    (change,) = differences({"a": {"b": 1}}, {"a": {"b": 2}})
    assert change == "a.b 1 → 2"


def test_a_folder_that_is_not_there_is_an_error(tmp_path, capsys) -> None:
    assert main(["inspect", "list", str(tmp_path / "reslts")]) == 1
    assert "expected a folder of results, found none at" in capsys.readouterr().err


def test_list_names_kind_size_dimensions_and_damage(tmp_path, capsys) -> None:
    saved(tmp_path / "a" / "good.zarr.zip", spectrum([3.0, 1.0]))
    (tmp_path / "bad.zarr.zip").write_bytes(b"PK")
    lines = output(capsys, "list", str(tmp_path)).splitlines()
    assert len(lines) == 2
    good = next(line for line in lines if "good.zarr.zip" in line)
    assert "diagonalise (code abc)" in good
    assert "eigen 2, parameter 6" in good
    assert "damaged" in next(line for line in lines if "bad.zarr.zip" in line)


def test_list_names_tables_and_leaves_out_what_is_no_artifact(tmp_path, capsys) -> None:
    saved_table(tmp_path, "dataset,trace\niris,1.5\ncircle,2.5\n")
    (tmp_path / "costs").mkdir()
    (tmp_path / "costs" / "train.tsv").write_text("s\n1.0\n")
    (line,) = output(capsys, "list", str(tmp_path)).splitlines()
    assert "tables/table1.csv" in line
    assert "table (code def)" in line
    assert line.endswith("row 2")


def test_show_gives_statistics_and_leading_pairs(tmp_path, capsys) -> None:
    text = output(capsys, "show", saved(tmp_path / "s.zarr.zip", spectrum([3.0, 1.0, -1.0])))
    assert "eigenvalues(eigen 3) float64  min -1, mean 1, max 3" in text
    assert "3.0000000000000000e+00    1.0e-16" in text
    assert "method: dense" in text


def test_show_does_not_read_eigenvectors(tmp_path, capsys) -> None:
    path = tmp_path / "s.zarr.zip"
    saved(path, spectrum([3.0, 1.0]))
    with zipfile.ZipFile(path) as archive:
        chunk = archive.getinfo("eigenvectors/c/0/0")
    content = bytearray(path.read_bytes())
    content[chunk.header_offset + 30 + len(chunk.filename) + chunk.compress_size // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(zipfile.BadZipFile):  # whoever reads them must notice
        _ = open_any(path)["eigenvectors"].values
    text = output(capsys, "show", str(path))
    assert "eigenvectors(eigen 2, parameter 6) float64  not read" in text
    assert "1.0000000000000000e+00    1.0e-16" in text


def test_show_explains_a_table_and_a_figure(tmp_path, capsys) -> None:
    table = saved_table(tmp_path, "dataset,trace\niris,1.5\ncircle,2.5\n")
    text = output(capsys, "show", str(table))
    assert "settings.table: table1" in text
    assert "dataset(row 2) object  2 different: circle, iris" in text
    assert "trace(row 2) float64  min 1.5, mean 2, max 2.5" in text
    figure = table.with_suffix(".png")
    figure.write_bytes(b"an image")
    record = tmp_path / "provenance" / "tables" / "table1.csv.json"
    record.rename(record.with_name("table1.png.json"))
    assert "settings.table: table1" in output(capsys, "show", str(figure))


def test_a_damaged_table_is_named(tmp_path, capsys) -> None:
    table = saved_table(tmp_path, "")
    assert f"damaged: expected a table at {table}" in output(capsys, "list", str(tmp_path))


def test_large_variables_are_not_read() -> None:
    large = xr.Variable("eigen", np.broadcast_to(np.float64(1), inspect.READ_LIMIT))
    assert inspect.statistics("x", large) == "not read"


def test_missing_values_are_counted() -> None:
    assert inspect.statistics("x", xr.Variable("x", [1.0, np.nan, 3.0])) == (
        "min 1, mean 2, max 3, 1 not finite"
    )


def test_compare_says_what_made_them_differ_and_by_how_much(tmp_path, capsys) -> None:
    first = saved(tmp_path / "one.zarr.zip", spectrum([3.0, 1.0]))
    second = saved(tmp_path / "two.zarr.zip", spectrum([3.0, 1.5]), tolerance=1e-10)
    text = output(capsys, "compare", first, second)
    assert "spec.settings.curvature.rank_tolerance 1e-12 → 1e-10" in text
    assert "eigenvalues: largest difference 0.5 (largest value 3)" in text
    assert "residuals: identical" in text
    assert "smallest cosine 1.000000000000" in text


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.5], "largest difference 0.5 (largest value 2)"),
        ([1, 2], [1.0, 2.0], "identical"),
        ([1.0, np.nan], [1.0, np.nan], "identical"),
        ([1.0, np.inf], [1.5, np.inf], "largest difference 0.5 (largest value 1)"),
        (
            [1.0, np.nan, np.inf],
            [1.0, 5.0, np.inf],
            "largest difference 0 (largest value 1), 1 finite in one only",
        ),
        ([np.nan], [1.0], "no finite values to compare, 1 finite in one only"),
        (["a", "b"], ["a", "c"], "1 entries differ"),
        (string_array(["a", "b"]), string_array(["a", "c"]), "1 entries differ"),
        (np.array(["a", np.nan], object), np.array(["a", np.nan], object), "identical"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "3 and 2 long; the first 2: identical"),
        ([[1.0, 2.0]], [[1.0]], "shapes (1, 2) and (1, 1) differ"),
        (1.0, 3.0, "largest difference 2 (largest value 1)"),
    ],
)
def test_distances(one, other, expected: str) -> None:
    assert distance(xr.DataArray(one), xr.DataArray(other)) == expected


def test_compare_of_tables_and_of_a_file_with_itself(tmp_path, capsys) -> None:
    first = saved_table(tmp_path / "one", "dataset,trace\niris,1.5\n")
    second = saved_table(tmp_path / "two", "dataset,trace\niris,2.0\n")
    text = output(capsys, "compare", str(first), str(second))
    assert "made by the same code" in text
    assert "rows are matched by dataset" in text
    assert "trace: 1 of 1 entries differ; largest difference 0.5 (1.5 and 2 in row iris)" in text
    assert "the files are identical" in output(capsys, "compare", str(first), str(first))


def test_compare_ignores_the_sign_of_eigenvectors_but_not_their_span(tmp_path, capsys) -> None:
    flipped = spectrum([3.0, 1.0])
    flipped["eigenvectors"] = -flipped["eigenvectors"]
    first = saved(tmp_path / "one.zarr.zip", spectrum([3.0, 1.0]))
    text = output(capsys, "compare", first, saved(tmp_path / "two.zarr.zip", flipped))
    assert "made by the same code" in text
    assert "smallest cosine 1.000000000000" in text
    other = saved(tmp_path / "three.zarr.zip", spectrum([3.0, 1.0], seed=1))
    assert "smallest cosine 1.000000000000" not in output(capsys, "compare", first, other)


def test_a_missing_artifact_ends_with_a_message(tmp_path, capsys) -> None:
    assert main(["inspect", "show", str(tmp_path / "none.zarr.zip")]) == 1
    assert "run its rule first" in capsys.readouterr().err


def test_there_is_an_example_of_opening_every_kind_of_artifact() -> None:
    assert set(EXAMPLES) == set(KINDS)


def test_an_example_opens_the_first_artifact_of_its_kind(tmp_path, capsys) -> None:
    for name, eigenvalues in (("a/spectrum", [3.0, 1.0]), ("b/spectrum", [9.0])):
        saved(tmp_path / f"{name}.zarr.zip", spectrum(eigenvalues))
    (tmp_path / "a" / "measures.csv").write_text("measure,value\ntrace,4.5\n")
    assert main(["open", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert f"{tmp_path}/a/spectrum.zarr.zip\n" in text
    assert "eigenvectors('eigen', 'parameter') float64" in text
    assert "The five largest eigenvalues" in text
    largest = abs(spectrum([3.0, 1.0])["eigenvectors"]).max("parameter").values
    assert f"{largest[0]:.6f}" in text
    assert "9.0" not in text
    assert "trace    4.5" in text
