"""Scatter plots: which points are where, their colours, scales and words."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from helpers.made_up_artifacts import measures
from helpers.made_up_layouts import draw, inputs_and_settings
from hessian_boundary.figures.layouts import scatter
from hessian_boundary.figures.quantities.axis import axis_label, is_logarithmic
from hessian_boundary.figures.style import UNDEFINED
from hessian_boundary.report.sections.figures import _numbers
from hessian_study.steps import figure as figure_step

RATES = {"colour": "learning_rate", "values": {"learning_rate": [0.001, 1.0]}}


def dots(figure: Any, size: float) -> list[tuple[float, float]]:
    """The places of the points of one size: 2.5 for a run of several, 5.5 for their mean."""
    lines = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", "")]
    return [
        (*line.get_xdata(), *line.get_ydata()) for line in lines if line.get_markersize() == size
    ]


def test_every_run_is_a_point_and_several_have_their_mean() -> None:
    figure = draw("scatter")
    assert dots(figure, 2.5) == [(1, 10), (2, 20), (6, 60), (7, 70)]
    assert dots(figure, 5.5) == [(1.5, 15), (6.5, 65)]
    inputs, settings = inputs_and_settings("scatter")
    alone = [table[table["seed"] == 1] for table in inputs["measures"]]
    assert dots(scatter.draw({"measures": alone}, settings), 5) == [(2, 20), (7, 70)]


def test_the_numbers_are_those_of_the_tables() -> None:
    inputs, settings = inputs_and_settings("scatter")
    table = scatter.numbers(inputs, settings | RATES)
    assert list(table) == ["experiment", "quantity", "value", "seed"]
    for experiment, own in zip(settings["experiments"], inputs["measures"], strict=True):
        for _, row in own.iterrows():
            chosen = table[(table["experiment"] == experiment) & (table["seed"] == row["seed"])]
            found = chosen.set_index("quantity")["value"]
            assert found[row["measure"]] == row["value"]
    assert set(table.loc[table["quantity"] == "learning_rate", "value"]) == {0.001, 1.0}


def test_numbers_have_a_bar_and_text_a_legend() -> None:
    figure = draw("scatter", **RATES)
    assert figure.axes[1].get_ylabel() == "learning rate"
    assert figure.axes[1].get_yscale() == "log"
    assert figure.axes[0].get_legend() is None
    linear = draw("scatter", **RATES, log=[])
    assert linear.axes[1].get_yscale() == "linear"
    text = {"colour": "optimizer", "values": {"optimizer": ["sgd", "x" * 30 + " " + "y" * 30]}}
    legend = draw("scatter", **text).axes[0].get_legend()
    shown = [text.get_text() for text in legend.get_texts()]
    assert (legend.get_title().get_text(), shown) == (
        "optimizer",
        ["sgd", f"{'x' * 30}\n{'y' * 30}"],
    )


@pytest.mark.parametrize("values", [[None, 1.0], ["a", 1.0], [True, False], [2.0, 2.0]])
def test_what_is_no_scale_of_numbers_has_a_legend_or_is_grey(values: list[Any]) -> None:
    figure = draw("scatter", colour="k", values={"k": values})
    assert (figure.axes[0].get_legend() is not None) == (len(figure.axes) == 1)
    colours = {to_hex(line.get_color()) for line in figure.axes[0].lines}
    assert UNDEFINED not in colours


def test_a_run_without_a_number_for_the_colour_is_grey_and_one_without_a_place_is_counted() -> None:
    inputs, settings = inputs_and_settings("scatter")
    second = measures(shift=5).replace({"value": {60.0: np.nan}})
    inputs["measures"][1] = second[~((second["seed"] == 1) & (second["measure"] == "rank"))]
    figure = scatter.draw(inputs, settings | {"y": "rank", "x": "rank", "colour": "trace"})
    drawn = {line.get_color() for line in figure.axes[0].lines if line.get_markersize() == 5}
    assert drawn == {UNDEFINED}
    assert "not drawn: 1 of 4 runs, which lack one of the two numbers" in [
        text.get_text() for text in figure.texts
    ]


def test_nothing_to_draw_is_said() -> None:
    inputs, settings = inputs_and_settings("scatter")
    none = [table.assign(value=np.nan) for table in inputs["measures"]]
    figure = scatter.draw({"measures": none}, settings)
    assert [text.get_text() for text in figure.axes[0].texts] == ["no run has both numbers"]
    assert scatter.numbers({"measures": none}, settings).empty


def test_names_tell_few_experiments_apart_and_many_have_one_colour() -> None:
    legend = draw("scatter").axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "half-moon",
        "checkerboard (narrow margin)",
    ]
    _, settings = inputs_and_settings("scatter")
    many = {"experiments": [f"a/b{i}" for i in range(9)]}
    assert (
        scatter.draw({"measures": [measures()] * 9}, settings | many).axes[0].get_legend() is None
    )


def test_axes_are_logarithmic_where_values_span_more_than_two_decades_or_by_choice() -> None:
    wide, narrow, zero = (pd.Series(v) for v in ([1.0, 101], [1.0, 99], [0.0, 101]))
    assert [is_logarithmic(v, "x", None) for v in (wide, narrow, zero)] == [True, False, False]
    assert [is_logarithmic(narrow, "x", chosen) for chosen in (["x"], ["y"])] == [True, False]
    with pytest.raises(ValueError, match=r"positive .* axis x, found 0; leave 'x' out of the fig"):
        is_logarithmic(zero, "x", ["x", "y"])
    assert draw("scatter", log=["y"]).axes[0].get_yscale() == "log"


def test_axes_say_in_words_what_they_show() -> None:
    assert axis_label("lambda_max", (), 4) == "largest eigenvalue of the Hessian"
    assert axis_label("g_theta_max", (), 1) == (
        "$G_{\\mathrm{θ}}$, Eq. 6,\nwith the\nmaximum over\nsamples"
    )
    assert axis_label("outliers_gap_low", {"a"}, 4) == "lower end of the interval of this quantity"
    assert axis_label("architecture.width", {"architecture.width"}, 4) == "architecture width"


def test_what_cannot_be_shown_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"the measure 'trce' of some run, found \['rank', 'trace'"
    ):
        draw("scatter", y="trce")
    with pytest.raises(ValueError, match=r"numbers on the axis x, found 'sgd' for optimizer; show"):
        draw("scatter", x="optimizer", values={"optimizer": ["sgd", "adam"]})


def test_the_step_gives_each_experiment_the_tables_of_its_runs(tmp_path) -> None:
    places = ["a/b,c=1/seed0", "a/b,c=1/seed1", "a/b,c=1/seed0/class1", "d/b/seed0"]
    for number, place in enumerate(places):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "measures.csv").write_text(f"seed,measure,value\n0,rank,{number}\n")
    paths = [str(tmp_path / place / "measures.csv") for place in places]
    found = figure_step._measures(paths, ["d/b", "a/b,c=1", "a/b,c=1/class1"])
    assert [table["value"].tolist() for table in found] == [[3], [0, 1], [2]]


def test_the_page_has_a_row_per_experiment_with_averages() -> None:
    inputs, settings = inputs_and_settings("scatter")
    table = _numbers(scatter.numbers(inputs, settings))
    assert table is not None
    assert [str(column) for column in table.columns] == ["Experiment", "rank", "trace(H)"]
    assert [str(cell) for cell in table.rows[0]] == [
        "half-moon, normal",
        "1.50 ± 0.71",
        "15.0 ± 7.1",
    ]
