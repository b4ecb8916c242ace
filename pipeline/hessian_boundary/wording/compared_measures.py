"""What the measures of the study of generalisation are called."""

NAMES = {
    "g_theta_max": "G_θ (max)",
    "g_theta_mean": "G_θ (mean)",
    "gauss_newton_g_theta_max": "G_θ (max), Gauss–Newton",
    "gauss_newton_g_theta_mean": "G_θ (mean), Gauss–Newton",
    "gauss_newton_g_theta_max_equal_confidence": "G_θ (max), equal confidence",
    "gauss_newton_g_theta_mean_equal_confidence": "G_θ (mean), equal confidence",
    "trace": "trace of H",
    "lambda_max": "largest eigenvalue of H",
    "participation": "participation of gradients",
    "outliers_gap": "outliers (gap)",
    "outliers_edge": "outliers (edge)",
    "norm_l2": "norm of the parameters",
    "input_margin": "input margin (exact)",
    "input_margin_tenth": "input margin, 10th percentile",
    "length": "length of the boundary",
    "pieces": "pieces of the boundary",
    "visible_pieces": "visible pieces",
    "train_loss": "training loss",
}


def measure_name(measure: str) -> str:
    """Return what a measure is called; one that is not listed by its own name."""
    return NAMES.get(measure, measure.replace("_", " "))
