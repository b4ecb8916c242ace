"""Views of a model from the command line: arrays, measures and figures of combined ones."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.func import functional_call, hessian
from torch.nn import functional as F

from helpers.tiny_study import TinyStudy
from hessian_boundary.artifacts.store import open_artifact, open_table
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.networks.stored import trained_module

pytestmark = pytest.mark.slow  # a whole study each

VIEWS = ("layer/2", "epoch5/last_layer/covariance", "class1/layer/2/gauss_newton")
FIGURES = {
    "maps": {"layout": "alignment_maps", "eigenvectors": 1},
    "samples": {"layout": "sample_alignments", "eigenvectors": "all"},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """One training with a checkpoint, and two figures of its views."""
    study = TinyStudy(tmp_path_factory.mktemp("views"))
    config = study.config
    config["datasets"] = {"circle": config["datasets"]["circle"]}
    entry = config["experiments"]["circle"]["normal"]
    config["experiments"] = {"circle": {"normal": {**entry, "checkpoints": [5]}}}
    config["profiles"] = {"tiny": config["profiles"]["tiny"]}
    config |= {
        "precision": {},
        "tables": {},
        "over_seeds": [],
        "contrasts": [],
        "generalisation": {},
        "margins": {},
    }
    config["planar"] = ["circle"]
    config["curvature"] |= {"eigenpairs": {"top": 3, "bottom": 0}, "density": "none"}
    drawn = [f"circle/normal/{view}" for view in VIEWS]
    config["figures"] = {name: {**entry, "experiments": drawn} for name, entry in FIGURES.items()}
    return study


def test_combined_views_have_arrays_measures_and_figures(study: TinyStudy) -> None:
    run = "results/tiny/circle/normal/seed0"
    measures = [f"{run}/{view}/measures.csv" for view in VIEWS]
    result = study.run("--replace-workflow-config", *FIGURES, *measures)
    assert result.returncode == 0, result.stderr
    for name in FIGURES:
        assert (study.results / f"figures/{name}.pdf").is_file()
    run_folder = study.results / "circle/normal/seed0"
    model = open_artifact(run_folder / "model.zarr.zip")
    sizes = _layer_sizes(model)
    for view in VIEWS:
        table = open_table(run_folder / view / "measures.csv").set_index("measure")["value"]
        layer = "2" if "layer/2" in view else max(sizes)
        assert table["parameters"] == sizes[layer]
        assert "norm_l2" not in table.index  # of the trained model, which a view is none of
        assert 0 < table["g_theta_max"] <= 1
        grid = open_artifact(run_folder / view / "alignment_grid.zarr.zip")
        assert np.abs(grid["alignment"]).max() <= 1 + 1e-9
    _compare_with_the_block(study.results, run_folder)
    resolved = open_artifact(run_folder / VIEWS[2] / "alignment_samples.zarr.zip")
    assert resolved.attrs["complete"]
    assert resolved.sizes["eigen"] > 3  # of which the spectrum holds the vectors
    assert open_artifact(run_folder / VIEWS[2] / "spectrum.zarr.zip").sizes["eigen"] == 3
    again = study.run("--replace-workflow-config", *FIGURES, *measures)
    assert "Nothing to be done" in again.stderr


def test_a_layer_that_is_none_is_refused_with_the_nearest(study: TinyStudy) -> None:
    target = "results/tiny/circle/normal/seed0/layer/features.2/spectrum.zarr.zip"
    result = study.run("--replace-workflow-config", target)
    assert result.returncode != 0
    folder = study.directory / "logs/tiny/diagonalise/circle/normal/seed0/layer/features.2"
    log = (folder / "diagonalise.log").read_text()
    assert "expected a layer with trainable parameters among ['0', '2'" in log
    assert "found 'features.2'" in log


def _layer_sizes(model) -> dict[str, int]:
    layers = [name.rsplit(".", 1)[0] for name in model["layer"].values.tolist()]
    return {layer: layers.count(layer) for layer in dict.fromkeys(layers)}


def _compare_with_the_block(results: Path, run_folder: Path) -> None:
    """The eigenvalues of layer/2 are those of the block, by plain automatic differentiation."""
    model = open_artifact(run_folder / "model.zarr.zip")
    network = trained_module(model, torch.float64, torch.device("cpu"))
    x, y = samples_of(open_artifact(results / "circle/dataset.zarr.zip"), "train")
    parts = {n: p.detach() for n, p in network.named_parameters() if n.startswith("2.")}

    def loss(flat: torch.Tensor) -> torch.Tensor:
        cut = flat.split([part.numel() for part in parts.values()])
        moved = {n: c.reshape(p.shape) for (n, p), c in zip(parts.items(), cut, strict=True)}
        return F.cross_entropy(functional_call(network, moved, (x.double(),)), y)

    block = hessian(loss)(torch.cat([part.flatten() for part in parts.values()])).detach()
    expected = torch.linalg.eigvalsh(block).flip(0).numpy()
    found = open_artifact(run_folder / "layer/2/spectrum.zarr.zip")["eigenvalues"].values
    np.testing.assert_allclose(found[:3], expected[:3], rtol=1e-8)
