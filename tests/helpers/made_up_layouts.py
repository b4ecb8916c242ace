"""Every layout of figures, with made-up inputs and settings to draw it from."""

from typing import Any

from helpers.made_up_artifacts import (
    dataset,
    decision_boundary,
    directions,
    embedding,
    features_of,
    grid,
    margin,
    measures,
    model,
    samples,
    spectrum,
)
from hessian_boundary.figures.layouts import (
    alignment_maps,
    comparison_directions,
    covariance_comparison,
    data_sets,
    embedded_alignments,
    feature_alignments,
    margins,
    sample_alignments,
    scatter,
    similarity_metrics,
    walkthrough,
)

LAYOUTS = {
    "alignment_maps": alignment_maps,
    "comparison_directions": comparison_directions,
    "covariance_comparison": covariance_comparison,
    "data_sets": data_sets,
    "embedded_alignments": embedded_alignments,
    "feature_alignments": feature_alignments,
    "margins": margins,
    "sample_alignments": sample_alignments,
    "scatter": scatter,
    "similarity_metrics": similarity_metrics,
    "walkthrough": walkthrough,
}


def inputs_and_settings(layout: str, eigen: int = 4) -> tuple[dict[str, list], dict[str, Any]]:
    """What a layout is given when its first model has `eigen` eigenvectors."""
    toy, first = layout == "walkthrough", min(eigen, 3)
    dims = ("x",) if toy else ("y", "x")
    made = {
        "dataset": [features_of(dataset()) if not toy else dataset(features=1), dataset()],
        "model": [model()],
        "spectrum": [spectrum(eigen), spectrum()],
        "alignment_grid": [grid(first, dims), grid()],
        "alignment_samples": [samples(eigen), samples()],
        "alignment_directions": [directions()],
        "embedding": [embedding(), embedding()],
        "margin": [margin(), margin()],
        "decision_boundary": [decision_boundary(), decision_boundary()],
        "measures": [measures(), measures(shift=5)],
    }
    if layout == "feature_alignments":
        made["dataset"] = [features_of(dataset())] * 2
    single = layout in ("walkthrough", "comparison_directions")
    experiments = ["half_moon/normal", "checkerboard/narrow_margin"][: 1 if single else 2]
    inputs = {kind: made[kind][: len(experiments)] for kind in LAYOUTS[layout].ARTIFACTS}
    settings = {"experiments": experiments, "eigenvectors": 3, "note": "note"}
    settings |= {"x": "rank", "y": "trace", "values": {}}
    return inputs, settings | {"features": ["length", "width"]}


def draw(layout: str, eigen: int = 4, **settings: Any) -> Any:
    inputs, defaults = inputs_and_settings(layout, eigen)
    return LAYOUTS[layout].draw(inputs, defaults | settings)
