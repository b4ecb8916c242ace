"""Numbers as a reader wants them: few digits, powers of ten where zeros would be counted."""

import math
from numbers import Real
from typing import Any

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LARGE, SMALL = 1e6, 1e-5  # what is not written out beside a deviation, from and below
ORDINARY = range(-3, 6)  # powers of ten that are written out


def number(value: float) -> str:
    """Write a number with four significant digits, or three and a power of ten; "–" for none."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    power = _power(value)
    if power in ORDINARY:
        return f"{value:.4g}" if power < 4 else f"{value:.0f}"
    power = _power(value, digits=3)
    return f"{value / 10**power:.3g} × {power_of_ten(power)}"


def setting(value: Any) -> str:
    """Write what a setting of the configuration is set to; "–" for one that it lacks."""
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return "–"
    if isinstance(value, Real) and not isinstance(value, bool):
        return f"{value:.12g}"
    text = str(value).replace("_", " ")
    return text.lower() if text in ("True", "False") else text  # numpy's is no Real


def at_least(value: float) -> str:
    """Write a lower bound of a number that is not known; "–" for a bound that is not."""
    return "–" if math.isnan(value) else f"≥ {number(value)}"


def between(low: float, high: float) -> str:
    """Write the bounds of a number that is not known; "–" where neither is."""
    if math.isnan(high):
        return at_least(low)
    return f"≤ {number(high)}" if math.isnan(low) else f"[{number(low)}, {number(high)}]"


def mean_and_deviation(mean: float, deviation: float) -> str:
    """Write mean ± deviation with two digits of the deviation, and at most six decimals.

    A single run has no deviation, which is NaN: then the number stands alone. From a million on,
    and where six decimals would be zeros, both are in units of a power of ten.
    """
    if math.isnan(mean):
        return "–"
    largest = max(abs(mean), 0 if math.isnan(deviation) else deviation)
    if LARGE <= largest < math.inf or 0 < largest < SMALL:
        unit = 10 ** (power := _power(largest))
        text = mean_and_deviation(mean / unit, deviation / unit)
        return f"{f'({text})' if '±' in text else text} × {power_of_ten(power)}"
    if math.isnan(deviation) or deviation == 0:
        text = f"{mean:.4g}" if abs(float(f"{mean:.4g}")) < 1e4 else f"{mean:.0f}"
        return text + ("" if math.isnan(deviation) else " ± 0")
    decimals = min(6, max(0, 1 - math.floor(math.log10(deviation))))
    return f"{mean:.{decimals}f} ± {deviation:.{decimals}f}"


def measured(mean: float, deviation: float, runs: int) -> str:
    """Write mean ± deviation over runs; a single run has no deviation."""
    if runs < 2 or not math.isfinite(mean):
        return number(mean)
    power = _power(mean)
    if power in ORDINARY or _power(deviation) in ORDINARY:
        return mean_and_deviation(mean, deviation)
    return (
        f"({mean_and_deviation(mean / 10**power, deviation / 10**power)}) × {power_of_ten(power)}"
    )


def power_of_ten(power: int) -> str:
    """Write 10 to a whole power."""
    return f"10{str(power).translate(SUPERSCRIPT)}"


def signed(value: float) -> str:
    """Write a correlation or an effect with its sign and two decimals; "–" for none."""
    if math.isnan(value):
        return "–"
    text = f"{value:+.2f}".replace("-", "−")
    return "0.00" if text in ("+0.00", "−0.00") else text


def with_interval(value: float, low: float, high: float) -> str:
    """Write such a value with an interval, which is left out where it is not known."""
    ends = "" if math.isnan(low) else f" [{signed(low)}, {signed(high)}]"
    return "–" if math.isnan(value) else signed(value) + ends


def percent(share: float) -> str:
    """Write a share in whole per cent; "–" for none."""
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def p_value(p: float) -> str:
    """Write a p-value with three decimals; "–" for one that is not known."""
    if math.isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def duration(seconds: float) -> str:
    """Write a time with the unit that suits it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _power(value: float, digits: int = 4) -> int:
    """Return the power of ten of a number that is rounded to so many digits."""
    return int(f"{value:.{digits - 1}e}".partition("e")[2]) if value else 0
