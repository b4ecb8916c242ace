"""Tables as text: files, and columns in their order."""

import pandas as pd

from hessian_boundary.tables.formats import latex, markdown
from hessian_boundary.tables.summary import averages, summarise
from hessian_boundary.tables.text import display, display_correlations, display_precision
from hessian_boundary.wording.labels import TABULATED

NAN = float("nan")


def test_markdown_and_latex() -> None:
    table = pd.DataFrame({"G_θ (max)": ["**0.05 ± 0.01**"], "‖θ‖₂": ["9 ± 1"]})
    large = pd.DataFrame({"a": ["(−1.6 ± 3.7) × 10⁻¹²"]})
    assert r"($-$1.6 $\pm$ 3.7) $\times$ $10^{-12}$ \\" in latex(large, [])
    assert markdown(table, ["a note"]).splitlines() == [
        "| G_θ (max) | ‖θ‖₂ |",
        "| --- | --- |",
        "| **0.05 ± 0.01** | 9 ± 1 |",
        "",
        "- a note",
    ]
    text = latex(table, ["100 %"])
    assert r"$G_\theta$ (max) & $\|\theta\|_2$ \\" in text
    assert r"\textbf{0.05 $\pm$ 0.01} & 9 $\pm$ 1 \\" in text
    assert r"100 \%" in text
    assert text.isascii()


def test_correlations_are_laid_out_by_measure_and_data_set() -> None:
    correlations = pd.DataFrame(
        [
            ("circle", "trace", 0.5, NAN, NAN, NAN),
            ("all", "trace", -0.125, -0.5, 0.25, 0.04),
            ("all", "turning", NAN, NAN, NAN, NAN),
        ],
        columns=["dataset", "measure", "tau", "low", "high", "adjusted_p"],
    )
    shown = display_correlations(correlations)
    assert list(shown.columns) == ["Measure", "circle", "all"]
    assert shown.values.tolist() == [
        ["trace(H)", "+0.50", "−0.12 [−0.50, +0.25], p 0.040"],
        ["turning", "–", "–"],
    ]


def test_precision_is_set_side_by_side_in_the_order_of_the_models() -> None:
    rows = [
        ("half_moon", "normal", seed, method, statistic, "g_theta", value)
        for method, values in (("range", (0.1, 0.3)), ("float32_dense", (0.2, 0.2)))
        for seed, value in enumerate(values)
        for statistic in ("max", "mean")
    ]
    rows += [
        ("circle", "large_norm", 0, "range", "max", "g_theta", 0.5),
        ("circle", "large_norm", 0, "range", "", "rank", 7),
    ]
    columns = ["dataset", "training", "seed", "method", "statistic", "quantity", "value"]
    shown = display_precision(pd.DataFrame(rows, columns=columns), "g_theta", "max")
    assert list(shown) == ["Data set", "Training", "range", "float32 dense"]
    assert shown.values.tolist() == [
        ["half-moon", "normal", "0.20 ± 0.14", "0.2 ± 0"],
        ["circle", "large norm", "0.5", "–"],
    ]


def test_what_may_be_lower_still_leaves_no_lowest_in_bold() -> None:
    rows = [("a", "normal", "g_theta_max", 0.03), ("a", "other", "g_theta_max_at_least", 0.001),
            ("b", "normal", "g_theta_max", 0.03),
            ("b", "other", "g_theta_max_at_least", 0.2)]  # fmt: skip
    columns = ["dataset", "training", "measure", "value"]
    measures = pd.DataFrame(rows, columns=columns).assign(seed=0, status="fitted")
    summary = summarise(measures, {"a": ["normal", "other"], "b": ["normal", "other"]})
    cells = display(summary)[TABULATED["g_theta_max"]].tolist()
    assert cells == ["0.03", "≥ 0.001", "**0.03**", "≥ 0.2"]


def test_a_bound_elsewhere_hides_no_missing_run() -> None:
    rows = [("a", 0, "trace", 1.0), ("a", 1, "rank", 3.0), ("b", 0, "trace_at_least", 2.0)]
    columns = ["dataset", "seed", "measure", "value"]
    measures = pd.DataFrame(rows, columns=columns).assign(training="normal", status="fitted")
    found = averages(measures, "a", "normal", ["trace"])
    assert found["trace_known_runs"] == 1
