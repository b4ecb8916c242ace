# What the steps read of the configuration, and which further modules they run. No rules here.
from contextlib import chdir
from itertools import groupby

from hessian_boundary.runtime.own_code import full_name
from hessian_study.configuration.targets.generalisation import (
    chunk_settings,
    chunks,
    comparison_settings,
    regimes,
    swept_datasets,
)
from hessian_study.configuration.targets.maps import mapped_runs
from hessian_study.project import work_folder
from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.records import Step
from hessian_study.provenance.verdicts import is_as_recorded


def settings_of(section, *keys):
    """What a step reads of a section, and no more: other keys do not make it again."""
    return lambda wildcards: {key: study.config[section][key] for key in keys}


def curvature_memory(wildcards):
    curvature = study.curvature(wildcards.dataset, wildcards.training)
    return {"memory_limit_gb": curvature["memory_limit_gb"]}


def limited_memory(wildcards, attempt):
    """What a job with such a limit may take: 1 GB more for Python, PyTorch and activations."""
    limit = curvature_memory(wildcards)["memory_limit_gb"]
    return round(1000 * (limit + 1)) * 2 ** (attempt - 1)


def rank_tolerance(wildcards):
    curvature = study.curvature(wildcards.dataset, wildcards.training)
    return {"rank_tolerance": curvature["rank_tolerance"]}


def generator_code(wildcards):
    generator = study.dataset(wildcards.dataset)["generator"]
    return [full_name("hessian_boundary.data.generators", generator)]


def drawing_settings(wildcards):
    """What fresh samples of a data set are drawn by."""
    entry = study.dataset(wildcards.dataset)
    return {key: entry[key] for key in ("generator", "parameters")}


def drawn_model_code(wildcards):
    return [*generator_code(wildcards), *architecture_code(wildcards)]


def architecture_code(wildcards):
    experiment = study.experiment(wildcards.dataset, wildcards.training)
    name = experiment["architecture"]["name"]
    return [full_name("hessian_boundary.networks.architectures", name)]


def training_code(wildcards):
    experiment = study.experiment(wildcards.dataset, wildcards.training)
    own = experiment.get("training")
    return [*architecture_code(wildcards), *([own] if own else [])]


def layout_code(wildcards):
    layout = study.selection.figure(wildcards.figure)["layout"]
    return [full_name("hessian_boundary.figures.layouts", layout)]


def profile_note():
    """What figures and tables say about themselves when they are not the full study."""
    if study.profile == "paper" or "paper" not in study.config["profiles"]:
        return ""
    count = len(study.seeds)
    return f"{study.profile} profile, {count} seed{'s' if count > 1 else ''}"


def figure_settings(wildcards):
    """The figure's entry and, of what it shows, the settings of the experiments."""
    entry = study.selection.figure(wildcards.figure)
    shown = figure_quantities(entry)
    values = key_values(shown, figure_experiments(entry)) if shown else None
    return {**entry, "note": profile_note(), **({"values": values} if shown else {})}


def trainings_of_rows(rows):
    """Data set and its trainings: pairs keep their order in the spec, keys would be sorted."""
    return [
        (dataset, [training for _, training in trainings])
        for dataset, trainings in groupby(rows, lambda row: row[0])
    ]


def published_rows(table):
    """The rows of a table of the paper's: none in a study that does not have it."""
    known = table in study.config["tables"]
    rows = trainings_of_rows(study.selection.rows(table)) if known else []
    return lambda wildcards: {"rows": rows, "note": profile_note()}


def table_settings(name):
    rows, columns = study.selection.rows(name), study.selection.columns(name)
    settings = {"table": name, "note": profile_note()}
    if columns:
        settings |= {
            "rows": rows,
            "columns": columns,
            "settings": key_values(columns, [study.experiment(*row) for row in rows]),
        }
    else:
        settings["rows"] = trainings_of_rows(rows)
    return lambda wildcards: settings


def sweep_settings(wildcards):
    """What the models of one data draw are trained and measured with."""
    own = chunk_settings(study.config, wildcards.dataset, int(wildcards.draw))
    return {**own, "curvature": study.config["curvature"]}


def sweep_code(wildcards):
    name = sweep_settings(wildcards)["architecture"]
    architecture = full_name("hessian_boundary.networks.architectures", name)
    return [*generator_code(wildcards), architecture]


def regime_settings(wildcards):
    section = study.config["generalisation"]
    own = {name: section["regimes"][name] for name in ("seeds", "knobs")}
    return {
        **own,
        **drawing_settings(wildcards),
        "random_label_epochs": section["regimes"]["random_label_epochs"],
        "curvature": study.config["curvature"],
    }


def probe_code(wildcards):
    return [*generator_code(wildcards), "hessian_boundary.networks.architectures.mlp"]


def measure_settings(wildcards):
    return {**comparison_settings(study.config), "note": profile_note()}


def claim_targets():
    return [*study.selection.figures(), *study.config["tables"]]


def claim_settings():
    """Claims name targets: those of this study, and the paper's that it may lack."""
    return {
        "targets": claim_targets(),
        "paper": captioned(),
        "note": profile_note(),
        "drawn_seed": study.config["drawn_seed"],
    }


def figure_summary(name):
    """What the report says about how a figure was made; arrays relative to the results folder."""
    entry = study.selection.figure(name)
    arrays = [path for paths in figure_arrays(name).values() for path in paths]
    return {
        "name": name,
        "layout": entry["layout"],
        "experiments": entry["experiments"],
        "arrays": [os.path.relpath(path, RESULTS) for path in dict.fromkeys(arrays)],
    }


def made_generalisation():
    """The files of the target `generalisation` with their digests, where it was made; else nothing.

    They are no inputs of the report: that would make an hour's study part of `all`. So nothing
    else judges them, and what is damaged or stale by its own records is not shown.
    """
    files = {
        "answer": f"{RESULTS}/tables/generalisation_answer.txt",
        "table": f"{RESULTS}/tables/generalisation.csv",
        "models": f"{RESULTS}/tables/generalisation_models.csv",
        "png": f"{RESULTS}/figures/generalisation.png",
    }
    fitted = study.config["generalisation"].get("fitted")
    if not fitted:
        return {}
    maker = rules.compare_measures.rule
    step = Step(
        spec=maker.params.spec({}),
        inputs={"models": list(map(str, maker.input.models))},
        outputs=list(files.values()),
    )
    with chdir(work_folder()):  # `verify` plans in an empty folder
        if not is_as_recorded(step):
            return {}
        digests = {name: file_digest(path) for name, path in files.items()}
    made = {**files, "digests": digests, "limit": fitted["train_error_at_most"]}
    return {"generalisation": made}


def shown_maps():
    """The maps that the page shows: of arrays that figures and tables need anyway."""
    entries = map(study.selection.figure, study.selection.made_figures())
    drawn = [(artifacts_of(entry["layout"]), entry["experiments"]) for entry in entries]
    return mapped_runs(drawn, study.selection.planar_runs(), study.config["drawn_seed"])


def report_settings(wildcards):
    curvature, alignment = study.config["curvature"], study.config["alignment"]
    return {
        "profile": study.profile,
        "seeds": study.seeds,
        **claim_settings(),
        "tables": study.selection.made_tables(),
        "columns": {
            name: columns
            for name in study.selection.made_tables()
            if (columns := study.selection.columns(name))
        },
        "figures": [figure_summary(name) for name in study.selection.figures()],
        "left_out": study.selection.left_out(),
        "maps": [(run.experiment, run.seed) for run in shown_maps()],
        **made_generalisation(),
        "shown": {
            "profile": study.profile,
            "seeds": ", ".join(map(str, study.seeds)),
            "run drawn in figures": f"seed {study.config['drawn_seed']}",
            "eigensolver": curvature["method"],
            "rank tolerance": f"{curvature['rank_tolerance']:g}",
            "grid": f"{alignment['grid_resolution']} points per axis",
        },
    }
