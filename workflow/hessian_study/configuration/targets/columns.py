"""What columns of a table and axes of a figure can show: keys of an experiment, and measures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_AT_LEAST = (
    *("g_theta_max", "g_theta_mean", "rank", "resolved_share_min", "resolved_share_mean"),
    *("outliers_gap", "outliers_edge", "share_in_top", "share_resolved"),
)
_AT_MOST = ("g_theta_max", "g_theta_mean", "lambda_min")
_INTERVALS = ("outliers_gap", "outliers_edge", "participation")
_GAUSS_NEWTON = ("g_theta_max", "g_theta_mean")
# file of a run -> the measures that it has
MEASURED: dict[str, tuple[str, ...]] = {
    "measures": (
        *("g_theta_max", "g_theta_mean", "epsilon", "trace", "trace_by_samples"),
        *("lambda_max", "lambda_min", "rank", "eigenpairs", "not_computed", "parameters"),
        *("resolved_share_min", "resolved_share_mean", "samples_without_direction", "certificate"),
        *("norm_l2", "norm_published", "epochs"),
        *(f"{part}_accuracy" for part in ("train", "validation", "test")),
        *(f"{part}_error" for part in ("train", "validation", "test")),
        *("participation", "share_in_top", "share_resolved", "class_coherence"),
        *("outliers_gap", "outliers_edge"),
        *("test_error_standard_error", "test_error_low", "test_error_high", "test_samples"),
        *(f"{name}_at_least" for name in _AT_LEAST),
        *(f"{name}_at_most" for name in _AT_MOST),
        *(f"{name}_{end}" for name in _INTERVALS for end in ("low", "high")),
    ),
    "plane_measures": (
        *("boundary_share", "alignment_at_boundary", "alignment_elsewhere"),
        *("strong_at_boundary", "strong_elsewhere", "share_without_direction"),
        *("crossings", "strong_crossings", "switch_share"),
        *("pieces", "segments", "length", "turning", "parts", "visible_pieces", "margin_true"),
        *("alignment_by_distance", "order_by_margin", "eigenvectors_with_margin"),
    ),
    "gauss_newton_measures": (
        *(f"gauss_newton_{name}" for name in (*_GAUSS_NEWTON, "rank", "resolved_share_min")),
        *(f"gauss_newton_{name}_equal_confidence" for name in _GAUSS_NEWTON),
    ),
}
PLANE = "plane_measures"  # of data sets that `planar` names


def known_columns(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the keys that any of the entries has, as dotted paths, and all measures."""
    keys = dict.fromkeys(key for entry in entries for key in _keys(entry))
    return [*keys, *(name for names in MEASURED.values() for name in names)]


def key_values(
    columns: Iterable[str], entries: Sequence[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """Return, of the columns that are keys of an entry, the value in each; None where it has none.

    What is both, as `epochs` is, is taken for the key: what was asked for.
    """
    keys = {key for entry in entries for key in _keys(entry)}
    return {
        name: [_value(entry, name.split(".")) for entry in entries]
        for name in columns
        if name in keys
    }


def measure_files(columns: Iterable[str], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return which files of a run have the columns that are measures; `measures` always."""
    wanted = set(columns) - set(key_values(columns, entries))
    return [kind for kind in MEASURED if kind == "measures" or wanted & set(MEASURED[kind])]


def _keys(entry: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entry.items():
        yield key
        if isinstance(value, Mapping):
            yield from (f"{key}.{below}" for below in _keys(value))


def _value(entry: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        if not isinstance(entry, Mapping) or key not in entry:
            return None
        entry = entry[key]
    return entry
