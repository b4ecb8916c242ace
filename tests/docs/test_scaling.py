"""The figure of how costs grow: exponents of known powers, and every measurement in its panel."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.scaling import HEADINGS, TABLE, VARIED

from page_parts import PARTS
from page_parts.scaling import AXES, exponent, scaling_figure

SIZES = np.array([10, 20, 40])


def made_up():
    rows = []
    for varied in AXES:
        for size in SIZES:
            numbers = dict.fromkeys(AXES, 7) | {varied: size}
            rows.append((varied, *numbers.values(), 0.3 * size**2, 123 * size, 2.0 * size**0.5))
    return pd.DataFrame(rows, columns=list(HEADINGS))


@pytest.mark.parametrize("power", [0.0, 0.5, 2.0])
def test_the_exponent_of_a_power_is_the_power(power):
    assert exponent(SIZES, 3 * SIZES**power) == pytest.approx(power, abs=1e-12)


def test_each_panel_has_its_measurements_and_exponents():
    panels = scaling_figure(made_up()).axes
    assert [panel.get_xlabel() for panel in panels] == list(AXES.values())
    for panel, lines in zip(panels, (2, 2, 2, 1), strict=True):
        assert len(panel.lines) == lines
        np.testing.assert_allclose(panel.lines[0].get_xdata(), SIZES)
        np.testing.assert_allclose(panel.lines[0].get_ydata(), 0.3 * SIZES**2)
        words = [text.get_text() for text in panel.get_legend().get_texts()]
        assert words[0] == "top k pairs of H, exponent 2.0"
        assert words[1:] == ["Gauss–Newton G_θ, exponent 0.5"][: lines - 1]
        assert [text.get_text() for text in panel.texts] == ["1,230", "2,460", "4,920"]


def test_the_kept_table_has_every_size_and_is_drawn():
    table = pd.read_csv(TABLE)
    assert tuple(table.columns) == HEADINGS
    for varied, runs in VARIED.items():
        rows = table[table["varied"] == varied]
        for name in ("n", "C", "k"):
            assert rows[name].tolist() == [getattr(sizes, name) for sizes in runs]
    assert PARTS["scaling"]().count("exponent") == 7
