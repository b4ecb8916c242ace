"""The contract of each artifact: its variables, their dimensions and dtypes.

Dimensions: `eigen` counts eigenpairs from the largest eigenvalue down, `parameter` runs over the
flat parameter vector in the order of `module.parameters()`, `sample` over samples in the order of
generation, `epoch` over epochs of training.
"""

import xarray as xr

# kind -> variable -> (dimensions, kind of dtype: f float, i integer, T string)
KINDS: dict[str, dict[str, tuple[tuple[str, ...], str]]] = {
    "dataset": {
        "x": (("sample", "..."), "f"),
        "y": (("sample",), "i"),
        "y_random": (("sample",), "i"),
        "split": (("sample",), "T"),
    },
    "model": {
        "parameters": (("parameter",), "f"),
        "layer": (("parameter",), "T"),
        "loss": (("epoch",), "f"),
        "accuracy": (("epoch",), "f"),
    },
    "spectrum": {
        "eigenvalues": (("eigen",), "f"),
        "eigenvectors": (("eigen", "parameter"), "f"),
        "residuals": (("eigen",), "f"),
    },
    "factor": {  # of the Gauss-Newton part, a piece of it
        "triangle": (("row", "dyad"), "f"),
        "products": (("dyad", "direction"), "f"),
    },
    "alignment_samples": {
        "alignment": (("eigen", "sample"), "f"),
        "scalar_product": (("eigen", "sample"), "f"),
        "random_alignment": (("direction", "sample"), "f"),
        "gradient_norm": (("sample",), "f"),
        "resolved_share": (("sample",), "f"),
        "label": (("sample",), "i"),
        "prediction": (("sample",), "i"),
    },
    "alignment_grid": {
        "alignment": (("eigen", "..."), "f"),
        "scalar_product": (("eigen", "..."), "f"),
        "gradient_norm": (("...",), "f"),
        "prediction": (("...",), "i"),
    },
    "alignment_directions": {
        "alignment": (("kind", "index", "..."), "f"),
        "sample_alignment": (("kind", "index", "sample"), "f"),
        "logits": (("class", "..."), "f"),
    },
    "embedding": {"embedding": (("sample", "coordinate"), "f")},
    "decision_boundary": {
        "start": (("piece", "feature"), "f"),
        "end": (("piece", "feature"), "f"),
        "classes": (("piece", "side"), "i"),
        "part": (("piece",), "i"),
        "distance": (("sample",), "f"),
    },
    "margin": {
        "x_boundary": (("feature",), "f"),
        "x_max": (("feature",), "f"),
        "x_min": (("feature",), "f"),
    },
    # of many small networks; their measures stand beside these, as many as were taken
    "models": {
        **dict.fromkeys(("initial_scale", "learning_rate", "weight_decay"), (("model",), "f")),
        **dict.fromkeys(("width", "depth", "batch_size", "training_size"), (("model",), "i")),
        **dict.fromkeys(("epochs", "draw", "seed", "walk", "point"), (("model",), "i")),
        "label_noise": (("model",), "f"),
        **dict.fromkeys(("start", "half", "status", "refused"), (("model",), "T")),
        **dict.fromkeys(("test_error", "test_error_standard_error"), (("model",), "f")),
        **dict.fromkeys(("train_error", "train_loss"), (("model",), "f")),
    },
}
# what an artifact may have besides, where there is something to say
OPTIONAL: dict[str, dict[str, tuple[tuple[str, ...], str]]] = {
    "dataset": {
        "y_random_within": (("sample",), "i"),
        "class_name": (("class",), "T"),
    },
    "model": {
        "buffers": (("buffer",), "f"),
        "frozen": (("frozen_parameter",), "f"),
        "probe_x": (("probe", "..."), "f"),
        "probe_logits": (("probe", "class"), "f"),
        "validation_loss": (("epoch",), "f"),
        "checkpoints": (("checkpoint", "parameter"), "f"),
        "checkpoint_buffers": (("checkpoint", "buffer"), "f"),
        "checkpoint_epoch": (("checkpoint",), "i"),
    },
}


class SchemaError(ValueError):
    """An artifact is not what its kind promises."""


def check(dataset: xr.Dataset, kind: str) -> None:
    """Compare a dataset with the contract of its kind; "..." stands for any further dimensions.

    Raises SchemaError that names the variable, what was expected and what was found.
    """
    if kind not in KINDS:
        raise SchemaError(f"expected a kind of artifact among {list(KINDS)}, found {kind!r}")
    optional = OPTIONAL.get(kind, {})
    for name, (dims, dtype) in (KINDS[kind] | optional).items():
        if name not in dataset.variables:
            if name in optional:
                continue
            raise SchemaError(
                f"expected the variable {name}{dims} in a {kind} artifact, found only "
                f"{sorted(map(str, dataset.variables))}; rebuild it"
            )
        variable = dataset[name]
        open_ended = dims[-1] == "..."
        fixed = dims[:-1] if open_ended else dims
        found = tuple(map(str, variable.dims))
        if found[: len(fixed)] != fixed or (not open_ended and len(found) != len(fixed)):
            raise SchemaError(
                f"expected {kind}.{name} with dimensions {dims}, found {found}; rebuild it"
            )
        if variable.dtype.kind != dtype:
            raise SchemaError(
                f"expected {kind}.{name} of dtype kind {dtype!r}, found {variable.dtype}; "
                "rebuild it"
            )
