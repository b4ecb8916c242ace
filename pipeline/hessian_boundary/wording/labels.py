"""What data sets, trainings and measures are called in text: tables, report and figures."""

from collections import Counter
from collections.abc import Sequence

# measure -> heading; the ones that the paper's tables list, and their companions
TABULATED = {
    "g_theta_max": "G_θ (max)",
    "g_theta_mean": "G_θ (mean)",
    "test_error": "test error",
    "train_error": "training error",
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
# training -> the one of the same data set that the published order presumes to generalise better
PRESUMED_BETTER = {
    "adversarial": "normal",
    "large_norm": "normal",
    "narrow_margin": "wide_margin",
}
EXPERIMENTS = {"half_moon": "half-moon", "toy1d": "1-D toy", "iris": "Iris"}
ACRONYMS = ("mnist", "cifar")  # of data sets; what follows is which of its classes


def readable(name: str) -> str:
    """Return a data set's or training's name as the paper writes it.

    Of a point of a sweep: `rates,learning_rate=0.01` is "rates, learning rate = 0.01".
    """
    acronym, _, classes = name.partition("_")
    if acronym in ACRONYMS:
        return f"{acronym.upper()}-{readable(classes)}" if classes else acronym.upper()
    spaced = name.replace("_", " ").replace(",", ", ").replace("=", " = ")
    return EXPERIMENTS.get(name, spaced)


def experiment_label(name: str) -> str:
    """Return "data set/training/view" in words: "half-moon, large norm, epoch50"."""
    return ", ".join(map(readable, name.split("/")))


def key_labels(keys: Sequence[str]) -> dict[str, str]:
    """Return what dotted keys are called: their last word, or all where two end alike."""
    last = {key: key.rpartition(".")[2] for key in keys}
    count = Counter(last.values())
    return {key: end if count[end] == 1 else key for key, end in last.items()}


def measure_label(measure: str) -> str:
    """Return what a measure is called."""
    for end, words in BOUNDS.items():
        if measure.endswith(end):
            return f"{measure_label(measure.removesuffix(end))}, {words}"
    return MEASURES.get(measure, measure.replace("_", " "))
