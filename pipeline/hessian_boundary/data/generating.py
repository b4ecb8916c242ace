"""Call a generator, and make arrays of float32 features and whole-number labels of what it returns.

A generator is a function `generate(**parameters)` that returns x, y, or x, y and what it says about
its source.
"""

import json
from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from hessian_boundary.data.labels import in_given_order, whole_number_labels
from hessian_boundary.data.single_precision import to_float32
from hessian_boundary.runtime.own_code import full_name, own_function
from hessian_boundary.runtime.own_files import only_reading

GENERATORS = "hessian_boundary.data.generators"


def generate_samples(
    generator: str,
    parameters: Mapping[str, Any],
    data_folder: str | None = None,
    files: Sequence[str | Path] = (),
    file: str | Path | None = None,
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Call `hessian_boundary.data.generators.<generator>.generate(**parameters)`, or a file's.

    A generator with a parameter `files` or `data_folder` is given them. The parameter `file` names
    a file or the folder of a store, which lies at `file` if that is given. No other files are read
    (`own_files`). Returns x (sample, …) float32, y (sample,) int64, and what the generator says
    about its source (nothing, for most); `class_names` is part of that where labels are words.

    Raises ValueError, with what to return instead, when they are no real numbers, are masked, or
    lose what they say in float32; when labels are not one whole number or word per sample; and
    when it reads a file that is none of these.
    """
    paths = [Path(each) for each in files]
    if file or isinstance(parameters.get("file"), str):
        parameters = {**parameters, "file": Path(file or parameters["file"])}
        paths.append(parameters["file"])
    given = {"data_folder": data_folder, "files": paths}
    with only_reading(paths, f"the generator {generator!r}"):  # when it is imported, too
        generate, place = own_function(full_name(GENERATORS, generator), "generate")
        taken = {name: given[name] for name in given if name in signature(generate).parameters}
        returned = generate(**parameters, **taken)
    x, y, about = _parts(returned, place)
    try:
        features = _features(x)
        labels, names = whole_number_labels(y, len(features))
        if not len(labels):
            raise ValueError("expected at least one sample, found none; return some")
        if names and "class_names" in about:
            labels, names = in_given_order(labels, names, about["class_names"])
        return to_float32(features), labels, {**about, **({"class_names": names} if names else {})}
    except ValueError as error:
        raise ValueError(f"generator {place}: {error}") from error


def _parts(returned: Any, place: str) -> tuple[Any, Any, Mapping[str, Any]]:
    """Take apart what a generator returned."""
    if not isinstance(returned, (tuple, list)) or len(returned) not in (2, 3):
        found = type(returned).__name__
        if isinstance(returned, (tuple, list)):
            found += f" of {len(returned)}"
        raise ValueError(
            f"expected x and y from `generate` in {place}, found {found}; end it with `return x, y`"
        )
    x, y, *about = returned
    if about and not isinstance(about[0], Mapping):
        raise ValueError(
            f"expected a dict of what `generate` in {place} says about its source as the third "
            f"value, found {type(about[0]).__name__}; end it with `return x, y`"
        )
    said = about[0] if about else {}
    for name, value in said.items():
        try:
            json.dumps(value, default=np.ndarray.tolist)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"expected text and numbers in what `generate` in {place} says about its source, "
                f"found {type(value).__name__} as {name!r}; return str(…) of it"
            ) from error
    return x, y, said


def _features(x: Any) -> np.ndarray:
    if np.ma.is_masked(x):
        raise ValueError(
            f"expected a value for every feature, found {np.ma.count_masked(x)} masked ones; leave "
            "those samples out, or return x.filled(value)"
        )
    try:
        features = np.asarray(x)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(
            f"expected x as an array (sample, …), found {type(x).__name__} that NumPy makes none "
            f"of ({error}); return rows of one length, and of a tensor x.detach().numpy()"
        ) from error
    if not features.ndim:
        raise ValueError(
            f"expected x as an array (sample, …), found {type(x).__name__}; return an array, of a "
            "sparse matrix x.toarray()"
        )
    if features.dtype.kind not in "fiub":
        raise ValueError(
            f"expected x of real numbers, found {features.dtype}{_first_odd(features)}; turn every "
            "feature into a number, words and missing values too, and return x.astype(float)"
        )
    return features


def _first_odd(features: np.ndarray) -> str:
    """Return ", such as …": the first value that is no number."""
    values = (value for value in features.ravel().tolist() if not isinstance(value, (int, float)))
    return next((f", such as {value!r:.40}" for value in values), "")
