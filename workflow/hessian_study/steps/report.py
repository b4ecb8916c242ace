"""Write the report: one page of HTML that needs nothing else."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hessian_boundary.artifacts.store import open_artifact, open_table, save_text
from hessian_boundary.report.explorer.maps import RunMaps, packed_maps
from hessian_boundary.report.explorer.pack import explorer, fewer
from hessian_boundary.report.html.markup import table_view
from hessian_boundary.report.page import Report, render_page
from hessian_boundary.report.sections.claims import NO_CLAIMS, ClaimsSection, claims_section
from hessian_boundary.report.sections.complexity import ComplexitySection, complexity_section
from hessian_boundary.report.sections.figures import FigureView, figure_view, missing_figure
from hessian_boundary.report.sections.findings import findings
from hessian_boundary.report.sections.generalisation import (
    GeneralisationSection,
    generalisation_section,
)
from hessian_boundary.report.sections.precision import PrecisionSection, precision_section
from hessian_boundary.report.sections.published import PublishedTable, own_table, published_table
from hessian_boundary.report.sections.run import run_section
from hessian_study.captions import caption
from hessian_study.jobs.job import Job
from hessian_study.provenance.records import package_versions
from hessian_study.steps.claims import open_claims, open_correlations

PAGE_LIMIT = 20_000_000  # bytes: what can be sent by mail and opened on a phone


def main(job: Job) -> None:
    """Read everything the page shows and write it as one file."""
    report = Report(
        profile=job.settings["profile"],
        note=job.settings["note"],
        seeds=tuple(job.settings["seeds"]),
        claims=_claims(job),
        published=_published(job),
        precision=_precision(job),
        complexity=_complexity(job),
        peers=table_view(open_table(job.input["peers"]).fillna("").astype(str), 2),
        figures=_figures(job),
        run=run_section(package_versions(), job.settings["shown"]),
        generalisation=_generalisation(job),
        findings=_findings(job),
    )
    templates = {Path(path).name: _text(path) for path in job.input["templates"]}
    page = _with_maps(report, _maps(job), templates)
    save_text(page, job.output["page"])
    print(f"a page of {len(page.encode()) / 1e6:.1f} MB", file=sys.stderr)


def _with_maps(report: Report, runs: list[RunMaps], templates: Mapping[str, str]) -> str:
    """Return the page with the maps of as many runs as it has room for, in their order."""
    shown = len(runs)
    while True:
        page = render_page(replace(report, explorer=explorer(runs, shown)), templates)
        excess = len(page.encode()) - PAGE_LIMIT
        if excess <= 0 or not shown:
            return page
        shown = fewer(runs, shown, excess)


def _claims(job: Job) -> ClaimsSection:
    if not job.input["verdicts"]:
        return NO_CLAIMS
    (verdicts,) = job.input["verdicts"]
    claims = open_claims(job.input["claims"], job.settings)
    return claims_section(claims, open_table(verdicts), job.settings["left_out"])


def _published(job: Job) -> list[PublishedTable]:
    comparisons = {Path(path).stem: open_table(path) for path in job.input["comparisons"]}
    shown = []
    for name, file in zip(job.settings["tables"], job.input["tables"], strict=True):
        ours, columns = open_table(file), job.settings["columns"].get(name)
        if columns:
            shown.append(own_table(name, *_caption(name), ours, columns))
        else:
            beside = comparisons.get(f"{name}_published")
            shown.append(published_table(name, *_caption(name), ours, beside))
    return shown


def _precision(job: Job) -> PrecisionSection | None:
    files, curves = (
        [open_table(path) for path in job.input[name]] for name in ("precision", "curves")
    )
    return precision_section(files, curves, open_table(job.input["measures"]))


def _generalisation(job: Job) -> GeneralisationSection | None:
    """Where its files were there when the run was planned; they are no inputs (`settings.smk`)."""
    made = job.settings.get("generalisation")
    if not made:
        return None
    return generalisation_section(
        _text(made["answer"]).splitlines(),
        open_table(made["table"]),
        open_table(made["models"]),
        made["limit"],
        Path(made["png"]).read_bytes(),
    )


def _findings(job: Job) -> tuple[str, ...]:
    made = job.settings.get("generalisation")
    judged = _text(made["answer"]).splitlines() if made else []
    verdicts = [open_table(path) for path in job.input["verdicts"]]
    return findings(
        open_table(job.input["measures"]),
        open_correlations(job),
        judged,
        verdicts[0] if verdicts else None,
    )


def _maps(job: Job) -> list[RunMaps]:
    """Return the maps that the explorer may show; not of a training that diverged."""
    datasets, grids, boundaries, spectra = (
        job.input[f"map_{name}"] for name in ("datasets", "grids", "boundaries", "spectra")
    )
    opened = {path: open_artifact(path) for path in dict.fromkeys(datasets)}
    spectrum = {Path(path).parent: path for path in spectra}  # by the folder of the run
    runs = []
    for (experiment, seed), dataset, grid, boundary in zip(
        job.settings["maps"], datasets, grids, boundaries, strict=True
    ):
        found = spectrum.get(Path(grid).parent)
        arrays = (opened[dataset], open_artifact(grid), open_artifact(boundary))
        samples = open_artifact(found) if found else None
        runs.append(packed_maps(experiment, seed, *arrays, samples))
    return [run for run in runs if run]


def _complexity(job: Job) -> ComplexitySection:
    datasets = {Path(path).parent.name: open_artifact(path) for path in job.input["datasets"]}
    classes = {name: int(dataset["y"].max()) + 1 for name, dataset in datasets.items()}
    tables = [open_table(path) for path in job.input["tables"]]
    measures, correlations = open_table(job.input["measures"]), open_correlations(job)
    named = tables or [measures.drop_duplicates(["dataset", "training"])]
    pairs = (pair for t in named for pair in zip(t["dataset"], t["training"], strict=True))
    experiments = list(dict.fromkeys(pairs))  # in several tables, perhaps
    return complexity_section(correlations, measures, experiments, classes)


def _figures(job: Job) -> list[FigureView]:
    """Return every figure in the order of the configuration, those that were not made too."""
    made = {Path(path).stem: path for path in job.input["images"]}
    numbers = {Path(path).stem: path for path in job.input["numbers"]}
    views = []
    for entry in job.settings["figures"]:
        name, layout = entry["name"], entry["layout"]
        title, text = _caption(name)
        if name in made:
            view = figure_view(
                name, title, text, layout=layout, experiments=entry["experiments"],
                arrays=entry["arrays"], png=Path(made[name]).read_bytes(),
                numbers=open_table(numbers[name]),
            )  # fmt: skip
        else:
            view = missing_figure(name, title, layout, job.settings["left_out"][name])
        views.append(view)
    return views


def _caption(name: str) -> tuple[str, str]:
    entry = caption(name)
    return entry.title, entry.text


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")
