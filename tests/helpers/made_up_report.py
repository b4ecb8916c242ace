"""A report on made-up results."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from helpers import made_up_artifacts
from helpers.tiny_study import ROOT
from hessian_boundary.artifacts.store import save_artifact, save_table
from hessian_boundary.artifacts.strings import string_array
from hessian_boundary.statistics.correlations import COLUMNS
from hessian_boundary.tables.summary import compare_with_published, summarise
from hessian_boundary.wording.labels import TABULATED
from hessian_study.jobs.job import Job
from hessian_study.steps import claims as claims_step
from hessian_study.steps import report as report_step

NAN = float("nan")
TEMPLATES = sorted((ROOT / "pipeline/hessian_boundary/report/templates").iterdir())
ROWS = {"gaussian": ["normal", "adversarial"], "circle": ["normal", "adversarial"]}
MEASURES = (*TABULATED, "pieces", "parts", "outliers_gap", "outliers_gap_low", "outliers_gap_high")
CLAIMS = """
- where: Section 1
  says: The first.
  figures: [fig01]
  checks: ["gaussian/normal:pieces < 1e9"]
  caveat: No λ_max < 1e9 & more.
- where: Section 2
  says: "A_1 < B & G_θ: one of two."
  figures: [fig01, table1]
  cases: [gaussian, circle]
  checks: ["*/normal:trace < */adversarial:trace", "*/normal:trace > */adversarial:trace"]
- {where: Section 3, says: No., figures: [fig02], checks: ["fig01:gaussian/normal:beta_1 > 5"]}
- {where: Section 4, says: Unknown., figures: [fig24], checks: ["fig24:cifar_127/normal:rank > 1"]}
"""
TARGETS = ["fig01", "fig02", "fig24", "table1"]
# of the page's maps: experiment, seed, and how many eigenvectors have a map
MAPS = (("gaussian/normal", 0, 3), ("gaussian/normal/epoch10", 0, 2), ("gaussian/normal", 1, 3))
CLASSES = ["<b>first</b>", "</script><script>alert(1)</script>", "third & last"]  # a stranger's
PROVENANCE: dict[str, Any] = {"spec": {}, "inputs": {}, "versions": {"torch": "2.13.0"}}


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    channels = len(mode)
    ramp = np.linspace(0, 255, width * height * channels).reshape(height, width, channels)
    buffer = io.BytesIO()
    Image.fromarray(ramp.astype(np.uint8), mode).save(buffer, "PNG")
    return buffer.getvalue()


def tidy_measures(seeds: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    rows = [
        (dataset, training, seed, "fitted", measure, draw.uniform(1, 3))
        for dataset, trainings in ROWS.items()
        for training in trainings
        for seed in range(seeds)
        for measure in MEASURES
    ]
    columns = ["dataset", "training", "seed", "status", "measure", "value"]
    return pd.DataFrame(rows, columns=columns)


CORRELATIONS = pd.DataFrame(
    [
        ("gaussian", "g_theta_max", 6, 2, 0.5, NAN, NAN, NAN, NAN, 0.0, NAN, NAN),
        ("all", "g_theta_max", 12, 4, 0.4, 0.2, 0.6, 0.01, 0.03, 0.0, NAN, NAN),
        ("all", "trace", 12, 4, -0.1, -0.3, 0.2, 0.6, 0.6, -0.5, -0.8, -0.1),
        ("all", "outliers_edge", 12, 4, 0.7, 0.6, 0.8, 0.0004, 0.0016, 0.3, 0.1, 0.4),
        ("all", "length", 12, 4, 0.2, 0.1, 0.3, 0.06, 0.12, -0.2, -0.5, 0.1),
        ("all", "rank", 12, 4, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN),
    ],
    columns=COLUMNS,
)


def write_results(folder: Path, seconds: float = 1.5) -> Path:
    """Write results that a tiny run might have made, judge the claims and write the report."""
    results = folder / "results" / "made_up"
    claims, tables = folder / "claims.yaml", results / "tables"
    claims.parent.mkdir(parents=True, exist_ok=True)
    claims.write_text(CLAIMS)
    measures = tidy_measures()
    summary = summarise(measures, ROWS)
    published = pd.read_csv(ROOT / "workflow/published/table1.csv")
    save_table(measures, tables / "measures.csv")
    save_table(CORRELATIONS, tables / "correlations.csv")
    save_table(summary, tables / "table1.csv")
    save_table(compare_with_published(summary, published), tables / "table1_published.csv")
    columns = ["experiment", "quantity", "value"]
    for name in ("fig01", "fig02"):
        save_table(
            pd.DataFrame([("gaussian/normal", "beta_1", 0.9)], columns=columns),
            results / f"figures/{name}.csv",
        )
        (results / f"figures/{name}.png").write_bytes(png(1800, 900))
        (results / f"figures/{name}.pdf").touch()
    dataset = made_up_artifacts.dataset().assign(class_name=("class", string_array(CLASSES)))
    for name in ROWS:
        save_artifact(dataset, results / name / "dataset.zarr.zip", "dataset", PROVENANCE)
        for training in ROWS[name]:
            (results / name / training).mkdir()
    write_maps(results)
    (results / "gaussian" / "damaged.zarr.zip").write_bytes(b"cut short")
    (results / "costs/train").mkdir(parents=True)
    cost = f"seconds\tcpu_seconds\tmemory_mb\n{seconds}\t1.0\t300.0\n"
    (results / "costs/train/a.tsv").write_text(cost)
    (results / "peers.csv").write_text("what,library,time\ntop pairs,another,1.5 s\nthe rest,,\n")
    run_steps(results, claims)
    return results


def write_maps(results: Path) -> None:
    for experiment, seed, eigen in MAPS:
        dataset, training, *view = experiment.split("/")
        folder = results.joinpath(dataset, training, f"seed{seed}", *view)
        arrays = {"alignment_grid": made_up_artifacts.grid(eigen)}
        arrays |= {"decision_boundary": made_up_artifacts.decision_boundary()}
        if not view:
            arrays["alignment_samples"] = made_up_artifacts.samples()
        for kind, array in arrays.items():
            save_artifact(array, folder / f"{kind}.zarr.zip", kind, PROVENANCE)


def map_inputs(results: Path) -> dict[str, list[str]]:
    """Return the report's inputs for the maps, as the rule gives them."""
    parts = [(experiment.split("/"), seed) for experiment, seed, _ in MAPS]
    folders = [results.joinpath(d, t, f"seed{seed}", *view) for (d, t, *view), seed in parts]
    return {
        "map_datasets": [str(results / "gaussian/dataset.zarr.zip")] * len(MAPS),
        "map_grids": [str(folder / "alignment_grid.zarr.zip") for folder in folders],
        "map_boundaries": [str(folder / "decision_boundary.zarr.zip") for folder in folders],
        "map_spectra": [
            str(path) for folder in folders for path in folder.glob("alignment_samples.zarr.zip")
        ],
    }


def run_steps(results: Path, claims: Path, **further: Any) -> None:
    tables = results / "tables"
    numbers = [str(results / f"figures/fig0{n}.csv") for n in (1, 2)]
    common: dict[str, Any] = {"claims": str(claims), "numbers": numbers}
    common |= {"measures": str(tables / "measures.csv")}
    common |= {"correlations": [str(tables / "correlations.csv")]}
    outputs = {"csv": str(tables / "claims.csv"), "markdown": str(tables / "claims.md")}
    settings: dict[str, Any] = {"targets": TARGETS, "paper": [], "note": "made-up profile: 3 seeds"}
    settings["drawn_seed"] = 0
    claims_step.main(Job({"settings": settings, "wildcards": {}}, common, outputs, "cpu"))
    about = {"layout": "alignment_maps", "experiments": ["gaussian/normal"]}
    arrays = ["gaussian/dataset.zarr.zip"]
    settings |= {
        "profile": "made_up", "note": "made-up profile: 3 seeds", "seeds": [0, 1, 2],
        "tables": ["table1"], "columns": {},
        "left_out": {"fig24": "cifar_127 would have to be downloaded"},
        "figures": [{"name": name, "arrays": arrays, **about} for name in TARGETS[:3]],
        "maps": [(experiment, seed) for experiment, seed, _ in MAPS],
        "shown": {"profile": "made_up"}, **further,
    }  # fmt: skip
    inputs = common | {
        "verdicts": [outputs["csv"]],
        "tables": [str(tables / "table1.csv")],
        "comparisons": [str(tables / "table1_published.csv")],
        "precision": [],
        "curves": [],
        "peers": str(results / "peers.csv"),
        "datasets": [str(path) for path in results.glob("*/dataset.zarr.zip")],
        "images": [str(results / f"figures/fig0{n}.png") for n in (1, 2)],
        "templates": [str(path) for path in TEMPLATES],
        **map_inputs(results),
    }
    page = {"page": str(results / "report.html")}
    report_step.main(Job({"settings": settings, "wildcards": {}}, inputs, page, "cpu"))
