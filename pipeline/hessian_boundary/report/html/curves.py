"""Curves over a logarithmic axis as small inline SVG, styled by the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape

from hessian_boundary.wording.numbers import number, power_of_ten

WIDTH, HEIGHT = 220, 110  # of the plotted area
DECADES = (-6, 0)  # of the axis


@dataclass(frozen=True)
class Panel:
    """One small plot with its title."""

    title: str
    svg: Markup


def curve_panel(title: str, curves: Sequence[pd.Series], limit: float) -> Panel:
    """Draw each curve (index: positive numbers) from 0 to `limit`; the n-th has the class `line-n`.

    Points that are not finite are left out.
    """
    paths = (
        f'<path class="line-{index}" d="{_path(curve, limit)}"/>'
        for index, curve in enumerate(curves)
        if curve.notna().any()
    )
    ticks = (
        f'<path class="zero" d="M{_across(10.0**power)} 0V{HEIGHT}"/>'
        f'<text x="{_across(10.0**power)}" y="{HEIGHT + 14}">{power_of_ten(power)}</text>'
        for power in range(DECADES[0], DECADES[1] + 1, 2)
    )
    svg = (
        f'<svg class="curves" viewBox="-32 -8 {WIDTH + 44} {HEIGHT + 28}" role="img" '
        f'aria-label="{escape(title)}">{"".join(ticks)}'
        f'<path class="zero" d="M0 0H{WIDTH}M0 {HEIGHT}H{WIDTH}"/>'
        f'<text class="end" x="-5" y="4">{number(limit)}</text>'
        f'<text class="end" x="-5" y="{HEIGHT + 3}">0</text>{"".join(paths)}</svg>'
    )
    return Panel(title, Markup(svg))


def _path(curve: pd.Series, limit: float) -> str:
    points = (
        f"{_across(float(position))} {round(HEIGHT * (1 - value / limit), 1):g}"
        for position, value in curve.dropna().items()
    )
    return "M" + "L".join(points)


def _across(position: float) -> str:
    first, last = DECADES
    return f"{WIDTH * (math.log10(position) - first) / (last - first):.4g}"
