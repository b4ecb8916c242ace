"""Files of tables and figures: exact, and the same bytes for the same content."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hessian_boundary.artifacts.store import open_table, save_figure, save_table
from hessian_study.provenance.file_digests import file_digest


def test_tables_read_back_exactly(tmp_path):
    values = [1 / 3, 0.1 + 0.2, 1e-300, 5e-324, -0.0, math.nan, 123456789.123456789]
    state = np.random.RandomState(0)
    values += (state.standard_normal(2000) * 10.0 ** state.randint(-300, 300, 2000)).tolist()
    table = pd.DataFrame(
        {"measure": [f"m{i}" for i in range(len(values))], "seed": 3, "value": values}
    )
    save_table(table, tmp_path / "a.csv")
    pd.testing.assert_frame_equal(open_table(tmp_path / "a.csv"), table, check_exact=True)
    first = file_digest(tmp_path / "a.csv")
    save_table(open_table(tmp_path / "a.csv"), tmp_path / "a.csv")
    assert file_digest(tmp_path / "a.csv") == first


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_figures_are_written_without_a_date(tmp_path, monkeypatch, kind):
    digests = set()
    for epoch in ("0", "1000000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        figure = Figure()
        figure.subplots().plot([0, 1, 3], label="θ")
        path = tmp_path / f"{epoch}.{kind}"
        save_figure(figure, {kind: path})
        digests.add(file_digest(path))
    assert len(digests) == 1
    magic = {"pdf": b"%PDF-", "png": b"\x89PNG"}[kind]
    assert path.read_bytes().startswith(magic)
