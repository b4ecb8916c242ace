"""What data sets, trainings and measures are called in text: tables, report and figures."""

# measure -> heading; the ones that the paper's tables list, and their companions
TABULATED = {
    "g_theta_max": "G_θ (max)",
    "g_theta_mean": "G_θ (mean)",
    "trace": "trace(H)",
    "lambda_max": "λ_max(H)",
    "norm_published": "Σ‖θ_tensor‖₂",
    "norm_l2": "‖θ‖₂",
    "resolved_share_mean": "resolved share, mean",
    "resolved_share_min": "resolved share, min",
}
MEASURES = {
    **TABULATED,
    "outliers_gap": "outliers (gap)",
    "outliers_edge": "outliers (edge)",
    "gauss_newton_g_theta_max": "G_θ (max), Gauss–Newton",
    "gauss_newton_g_theta_max_equal_confidence": "G_θ (max), Gauss–Newton, equal confidence",
}
BOUNDS = {"_at_least": "at least", "_at_most": "at most"}
EXPERIMENTS = {"half_moon": "half-moon", "toy1d": "1-D toy"}


def readable(name: str) -> str:
    """Return a data set's or training's name as the paper writes it."""
    return EXPERIMENTS.get(name, name.replace("_", " "))


def measure_label(measure: str) -> str:
    """Return what a measure is called."""
    for end, words in BOUNDS.items():
        if measure.endswith(end):
            return f"{measure_label(measure.removesuffix(end))}, {words}"
    return MEASURES.get(measure, measure.replace("_", " "))
