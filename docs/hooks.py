"""What mkdocs asks of this project: parts of pages that code writes, and formulas.

A line `<!-- made by NAME -->` in a page is replaced by what `page_parts.PARTS[NAME]` returns, and
with it the line above, which says to readers of the bare page where the part is.
Formulas between $ or $$ become MathML, which browsers show without a script.
"""

import html
import re
from typing import Any

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

from page_parts import PARTS

NOT_HERE = "*Shown in the built documentation: `make docs`.*"
MARK = re.compile(rf"^(?:{re.escape(NOT_HERE)}\n)?<!-- made by (\w+) -->$", re.MULTILINE)
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in what code writes. Raises PluginError for a name that is not known."""

    def part(match: re.Match[str]) -> str:
        name = match[1]
        if name not in PARTS:
            raise PluginError(
                f"{page.file.src_path}: expected a part among {sorted(PARTS)}, found {name!r}"
            )
        return PARTS[name]()

    return MARK.sub(part, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Set the formulas."""
    return FORMULA.sub(_mathml, html)


def _mathml(match: re.Match[str]) -> str:
    display = "block" if match[1] == "div" else "inline"
    return convert(html.unescape(match[2]), display=display)
