"""Text and tables as HTML, escaped: what the templates are given."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from hessian_boundary.wording.numbers import number

# one symbol and its index, as in λ_max, G_θ, A_1; names like g_theta_max and A_1_flip are longer
SUBSCRIPT = re.compile(r"(?<![\w/])([A-Zxvβλθ])_([^\W_]+)(?!\w)")
CODE = re.compile(r"`([^`]+)`")
BOLD = re.compile(r"\*\*(.+?)\*\*")
MINUS = re.compile(r"(?<![\w.])-(?=\d)")
# spaces at which a sign may not be broken from the number that it belongs to
JOINED = re.compile(r"(?<=[±×≥≤…;]) | (?=[×…])")


def prose(text: str) -> Markup:
    """Escape a text; **bold**, `code` and indices as they are printed."""
    html = SUBSCRIPT.sub(r"\1<sub>\2</sub>", str(escape(text)))
    html = CODE.sub(r"<code>\1</code>", html)
    return Markup(BOLD.sub(r"<strong>\1</strong>", html))


def numeral(text: str) -> Markup:
    """Escape a number with what belongs to it, minus signs as they are printed."""
    return prose(MINUS.sub("−", text))


def joined(cell: Markup) -> Markup:
    """Let a line break before a deviation or within an interval, not after a sign."""
    return Markup(JOINED.sub("\N{NO-BREAK SPACE}", cell))


def breakable(name: str) -> Markup:
    """Escape a name of the project and let a line break after its separators."""
    return Markup(re.sub(r"([/:_])", r"\1<wbr>", str(escape(name))))


@dataclass(frozen=True)
class Table:
    """Cells as HTML; the first `labels` columns name a row, the others hold numbers."""

    columns: tuple[Markup, ...]
    rows: tuple[tuple[Markup, ...], ...]
    labels: int
    caption: Markup

    def opens_group(self, row: int) -> bool:
        """Whether the row's first label differs from that of the row before."""
        return row == 0 or self.rows[row][0] != self.rows[row - 1][0]

    def with_column(self, place: int, heading: Markup, cells: Sequence[Markup]) -> "Table":
        """Return the table with a drawn column at a place, a cell per row."""
        columns = (*self.columns[:place], heading, *self.columns[place:])
        rows = tuple(
            (*row[:place], cell, *row[place:]) for row, cell in zip(self.rows, cells, strict=True)
        )
        return replace(self, columns=columns, rows=rows)


def table_view(frame: pd.DataFrame, labels: int, caption: str = "") -> Table:
    """Turn a table of texts and numbers into cells."""
    return Table(
        columns=tuple(map(prose, frame.columns)),
        rows=tuple(tuple(map(_cell, row)) for row in frame.itertuples(index=False)),
        labels=labels,
        caption=prose(caption),
    )


def _cell(value: Any) -> Markup:
    return numeral(value if isinstance(value, str) else number(value))
