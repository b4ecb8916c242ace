"""What columns of a table and axes of a figure can show: keys of an experiment, and measures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_AT_LEAST = (
    *("g_theta_max", "g_theta_mean", "rank", "resolved_share_min", "resolved_share_mean"),
    *("outliers_gap", "outliers_edge", "share_in_top", "share_resolved"),
)
_AT_MOST = ("g_theta_max", "g_theta_mean", "lambda_min")
_INTERVALS = ("outliers_gap", "outliers_edge", "participation")
_G_THETA = ("g_theta_max", "g_theta_mean")
_TRAINED = (
    *("norm_l2", "norm_published", "epochs"),
    *(f"{part}_accuracy" for part in ("train", "validation", "test")),
    *(f"{part}_error" for part in ("train", "validation", "test")),
    *("test_error_standard_error", "test_error_low", "test_error_high", "test_samples"),
)
# file of a run -> the measures that it has
MEASURED: dict[str, tuple[str, ...]] = {
    "measures": (
        *("g_theta_max", "g_theta_mean", "epsilon", "trace", "trace_by_samples"),
        *("lambda_max", "lambda_min", "rank", "eigenpairs", "not_computed", "parameters"),
        *("resolved_share_min", "resolved_share_mean", "samples_without_direction", "certificate"),
        *_TRAINED,
        *("participation", "share_in_top", "share_resolved", "class_coherence"),
        *("outliers_gap", "outliers_edge"),
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
        *("closest_by_first", "eigenvectors_with_section", "largest_off_boundary"),
        *("largest_section", "section_overlap"),
    ),
    "gauss_newton_measures": (
        *(f"gauss_newton_{name}" for name in (*_G_THETA, "rank", "resolved_share_min")),
        *(f"gauss_newton_{name}_equal_confidence" for name in _G_THETA),
    ),
    "float32_measures": tuple(
        f"float32_{kind}_{name}"
        for kind in ("dense", "uncut")
        for name in (*_G_THETA, "gradients_cut")
    ),
    "training_measures": _TRAINED,
}
PLANE = "plane_measures"  # of data sets that `planar` names
# of every model either: the second stands in the place of the first where no spectrum of H is shown
WITH_SPECTRUM, WITHOUT_SPECTRUM = "measures", "training_measures"


def known_columns(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the keys that any of the entries has, as dotted paths, and all measures."""
    keys = dict.fromkeys(key for entry in entries for key in _keys(entry))
    return [*keys, *dict.fromkeys(name for names in MEASURED.values() for name in names)]


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
    """Return which files of a run have the columns that are measures.

    `measures` always, which takes the spectrum of H; but where measures of the Gauss-Newton part
    stand beside nothing but what the training tells, `training_measures` in its place.
    """
    wanted = set(columns) - set(key_values(columns, entries))
    of_factor = wanted & set(MEASURED["gauss_newton_measures"])
    without = of_factor and wanted <= of_factor | set(_TRAINED)
    always, never = (WITH_SPECTRUM, WITHOUT_SPECTRUM)[:: -1 if without else 1]
    others = [kind for kind in MEASURED if kind not in (always, never)]
    return [always, *(kind for kind in others if wanted & set(MEASURED[kind]))]


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
