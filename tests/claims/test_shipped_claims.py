"""The list of claims that comes with the project is sound."""

import ast
import re
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
import yaml
from torch import nn

from helpers.tiny_study import ROOT
from hessian_boundary.claims.check_text import parse_check
from hessian_boundary.claims.claim_list import Claim
from hessian_boundary.measures.localisation import localisation
from hessian_boundary.measures.model import FROM_TRAINING, model_measures
from hessian_boundary.measures.outliers import outlier_measures
from hessian_boundary.measures.plane import BOUNDARY, plane_measures
from hessian_boundary.measures.test_error import error_on_samples
from hessian_boundary.wording.glossary import MEANINGS, meaning
from hessian_study.configuration.study import completed
from hessian_study.configuration.targets.selection import Selection
from hessian_study.steps import claims as claims_step
from hessian_study.steps.correlations import OTHERS

PLACES = ("Section", "Appendix", "Abstract", "Contribution", "Equation")
SHIPPED = ROOT / "workflow/report/claims.yaml"


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return completed(yaml.safe_load((ROOT / "config.yaml").read_text()))


@pytest.fixture(scope="module")
def shipped(config: dict[str, Any]) -> list[Claim]:
    targets = [*Selection(config).figures(), *config["tables"]]
    return claims_step.open_claims(SHIPPED, {"targets": targets, "paper": []})


def operands(claims: list[Claim]) -> set[tuple[str, str, str]]:
    """(source, key, quantity) of every side of a check that names a number."""
    checks = [check for claim in claims for check in (*claim.checks, *claim.premises)]
    sides = [side for check in checks for side in parse_check(check).sides]
    return {(side.source, side.key, side.quantity) for side in sides if not side.constant}


def known_measures() -> tuple[set[str], set[str]]:
    """Names of the measures of every model, and of models of planar inputs, as the code gives."""
    samples = xr.Dataset(
        {
            "alignment": (("eigen", "sample"), np.eye(3)[:, :2]),
            "random_alignment": (("direction", "sample"), np.full((2, 2), 0.1)),
            "resolved_share": ("sample", np.ones(2)),
            "label": ("sample", [0, 1]),
        },
        coords={"eigenvalue": ("eigen", [2.0, 1.0, -0.5])},
        attrs={"rank": 3, "null_space_dimension": 1, "not_computed": 0, "complete": True,
               "certificate": 0.0, "trace_by_samples": 2.5},
    )  # fmt: skip
    model = dict.fromkeys(FROM_TRAINING, 1.0)
    grid = xr.Dataset(
        {
            "prediction": (("y", "x"), [[0, 0, 1]]),
            "alignment": (("eigen", "y", "x"), [[[0.1, 0.6, -0.7]]]),
        }
    )
    about = {**dict.fromkeys(BOUNDARY, 1), "untraced": "", "window": [[0, 1], [0, 1]]}
    piece = {
        "start": (("piece", "feature"), [[0.0, 0.0]]),
        "classes": (("piece", "side"), [[0, 1]]),
    }
    piece["end"] = ("piece", "feature"), [[1.0, 1.0]]
    boundary = xr.Dataset({"distance": ("sample", [0.1, 0.2]), **piece}, attrs=about)
    general = model_measures(samples, model) | localisation(samples, 2)
    general |= outlier_measures(samples["eigenvalue"].values)
    general |= error_on_samples(nn.Identity(), [(torch.eye(2), torch.arange(2))])
    return set(general), set(plane_measures(grid, samples, boundary))


def test_every_claim_that_is_shipped_can_be_judged(shipped: list[Claim]) -> None:
    assert len(shipped) >= 25
    assert [claim.number for claim in shipped] == list(range(1, len(shipped) + 1))
    assert all(claim.where.startswith(PLACES) for claim in shipped)


def test_caveats_that_are_shipped(shipped: list[Claim]) -> None:
    """Where a check cannot fail or does not test what the claim says."""
    caveats = {claim.number for claim in shipped if claim.caveat}
    by_construction = {3, 17, 18, 23, 65}
    incomplete = {5, 10, 25, 30, 34, 35, 39, 48, 53, 60, 63, 64, 69}
    compared = {c.number: {q for _, _, q in operands([c])} for c in shipped}
    outliers = {n for n, names in compared.items() if any("outliers_gap" in q for q in names)}
    participation = {n for n, names in compared.items() if "participation" in names}
    unresolved = {26, 27, 28, 31, 40, 50}  # G_θ where confident samples' gradients are too short
    contradicted = {29}  # by the paper's own table
    assert caveats == (
        by_construction
        | incomplete
        | outliers
        | participation
        | unresolved
        | contradicted
        | of_one_start(shipped)
    )


def of_one_start(shipped: list[Claim]) -> set[int]:
    """Claims that count several runs from one and the same network as independent."""
    experiments = yaml.safe_load((ROOT / "config.yaml").read_text())["experiments"]
    one_start = {
        f"{dataset}/{training}"
        for dataset, trainings in experiments.items()
        for training, entry in trainings.items()
        if isinstance(entry.get("start"), dict) and "seed" in entry["start"]
    }
    assert "checkerboard/wide_margin" in one_start
    return {c.number for c in shipped if {key for _, key, _ in operands([c])} & one_start}


def test_figures_whose_numbers_decide_a_claim_are_had_of_every_seed(
    shipped: list[Claim], config: dict[str, Any]
) -> None:
    sources = {source for source, _, _ in operands(shipped)} - {"", "correlations", "contrast"}
    assert sources - {"fig24", "fig25"} == set(config["over_seeds"])


def test_measures_that_claims_compare_are_measured(
    shipped: list[Claim], config: dict[str, Any]
) -> None:
    general, planar = known_measures()
    tabulated = {
        f"{dataset}/{training}"
        for rows in config["tables"].values()
        for dataset, trainings in rows.items()
        for training in trainings
    }
    for source, key, quantity in operands(shipped):
        if source == "":
            assert key in tabulated
            assert quantity in general | planar
            assert quantity in general or key.split("/")[0] in config["planar"]
        elif source == "correlations":
            assert key == "all" or key in config["planar"]
            assert re.sub(r"_(low|high)$", "", quantity) in OTHERS
        elif source == "contrast":
            assert key in config["contrasts"]
        else:
            assert key in config["figures"][source]["experiments"]


def test_figures_whose_numbers_decide_a_claim_are_shown_with_it(shipped: list[Claim]) -> None:
    for claim in shipped:
        sources = {source for source, _, _ in operands([claim])} - {"", "correlations", "contrast"}
        assert sources <= set(claim.figures)


def test_the_glossary_explains_every_quantity_that_is_compared(shipped: list[Claim]) -> None:
    unexplained = {quantity for _, _, quantity in operands(shipped) if not meaning(quantity)}
    assert unexplained == set()
    assert meaning("largest_bottom_on_grid") == MEANINGS["largest_*_on_grid"]
    assert meaning("mass_of_the_moon") == ""


def docstrings() -> list[str]:
    """What the functions that measure and the layouts of figures say of themselves."""
    science = ROOT / "pipeline/hessian_boundary"
    files = [*science.glob("measures/*.py"), *science.glob("figures/**/*.py")]
    trees = (ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for file in files)
    nodes = (node for tree in trees for node in tree)
    documented = (n for n in nodes if isinstance(n, ast.FunctionDef | ast.Module))
    return [text for node in documented if (text := ast.get_docstring(node))]


def test_the_code_of_every_quantity_is_found_by_its_name(shipped: list[Claim]) -> None:
    """From a claim's check to its function in one search: the name stands in a docstring."""
    words = set(re.findall(r"[\w.]+\w", " ".join(docstrings())))
    quantities = {name for source, _, name in operands(shipped) if source != "correlations"}
    # of numbered quantities, as beta_5, the first stands for all
    named = {re.sub(r"(?<=_)\d+(?=_|$)", "1", name) for name in quantities}
    assert named - words == set()
