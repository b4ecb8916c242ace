"""What stands in a drawn figure, and the numbers behind it."""

from typing import Any

from helpers.made_up_layouts import LAYOUTS, inputs_and_settings


def texts(figure: Any) -> list[str]:
    """Return every text that stands in a panel."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def numbers(layout: str, **settings: Any) -> dict[tuple[str, str], float]:
    """Return the numbers behind a layout drawn from made-up artifacts, by experiment and name."""
    inputs, defaults = inputs_and_settings(layout)
    table = LAYOUTS[layout].numbers(inputs, defaults | settings)
    return table.set_index(["experiment", "quantity"])["value"].to_dict()
