"""Listing and showing artifacts: what is printed is compared with arrays made in the test."""

import zipfile

import numpy as np
import pytest
import xarray as xr

from helpers.saved_results import output, saved, saved_table, spectrum
from hessian_study.commands import inspect
from hessian_study.commands.main import main
from hessian_study.commands.opening import open_any


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


def test_a_missing_artifact_ends_with_a_message(tmp_path, capsys) -> None:
    assert main(["inspect", "show", str(tmp_path / "none.zarr.zip")]) == 1
    assert "run its rule first" in capsys.readouterr().err
