"""A number with its interval as a line of the page: inline SVG, coloured by the page's style."""

import math

from markupsafe import Markup

WIDTH, HEIGHT = 200, 16


def interval(value: float, low: float, high: float, limit: float, band: float = 0) -> Markup:
    """Draw a dot at `value` on an axis from −limit to limit, over a line from `low` to `high`.

    What lies beyond the axis ends in an arrowhead at its edge. `band` shades −band … band. The
    value itself is to stand beside it as text; a value that is not known draws nothing.
    """
    if not math.isfinite(value):
        return Markup()
    parts = []
    if band:
        left, right = _place(-band, limit), _place(band, limit)
        parts.append(f'<rect x="{left}" y="2" width="{right - left:g}" height="{HEIGHT - 4}"/>')
    middle = HEIGHT // 2
    parts.append(f'<path class="zero" d="M{WIDTH // 2} 0V{HEIGHT}"/>')
    if math.isfinite(low) and math.isfinite(high) and low < high:
        parts.append(f'<path d="M{_place(low, limit)} {middle}H{_place(high, limit)}"/>')
    place = _place(value, limit)
    if abs(value) > limit:
        tip = 5 if value > 0 else -5
        parts.append(f'<path class="beyond" d="M{place - tip:g} 3V13L{place + tip:g} 8Z"/>')
    else:
        parts.append(f'<circle cx="{place}" cy="{middle}" r="4"/>')
    shapes = "".join(parts)
    return Markup(
        f'<svg class="interval" viewBox="-6 0 {WIDTH + 12} {HEIGHT}" aria-hidden="true">'
        f"{shapes}</svg>"
    )


def axis(limit: float) -> Markup:
    """Return the heading of a column of such lines: the ends of the axis and its middle."""
    ends = f"<span>−{limit:g}</span><span>0</span><span>{limit:g}</span>"
    return Markup(f'<span class="axis">{ends}</span>')


def _place(value: float, limit: float) -> float:
    clipped = min(max(value, -limit), limit)
    return round((clipped + limit) / (2 * limit) * WIDTH, 1)
