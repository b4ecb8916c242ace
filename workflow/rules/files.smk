# Which files the rules read and write. No rules here.
import re

from hessian_study.configuration.data_files import dataset_inputs, state_dict_file
from hessian_study.configuration.layouts import artifacts_of, declared
from hessian_study.configuration.targets.columns import (
    PLANE,
    key_values,
    measure_files,
)
from hessian_study.configuration.views import experiment_parts, view_folder

# a piece of the factor of a Gauss-Newton part
FACTOR = f"{RUN_FOLDER}/{{view}}{{scatteritem}}/factor.zarr.zip"


def dataset_file(dataset):
    return f"{RESULTS}/{dataset}/dataset.zarr.zip"


def run_file(dataset, training, seed, name):
    return f"{RESULTS}/{dataset}/{training}/seed{seed}/{name}"


def run_files(runs, name):
    return [run_file(*run, name) for run in runs]


def configuration_files():
    """The user's configuration files, beside which own files lie: the last one given first."""
    given = [
        file for file in workflow.configfiles if Path(file).resolve() != CONFIGURATION
    ]
    return [*reversed(given), str(CONFIGURATION)]


def own_files(wildcards):
    """The user's own files of a data set: a change of theirs makes it again."""
    name = wildcards.dataset
    folder = study.config["data_folder"]
    try:
        return dataset_inputs(
            name, study.dataset(name), folder, configuration_files(), dataset_file(name)
        )
    except ConfigurationError as error:
        raise blamed(error)


def training_inputs(wildcards):
    """The data set and, where the training starts from another model or a file, that."""
    inputs = {"dataset": dataset_file(wildcards.dataset)}
    place = f"experiments.{wildcards.dataset}.{wildcards.training}"
    entry = study.experiment(wildcards.dataset, wildcards.training)
    try:
        file = state_dict_file(place, entry["start"], configuration_files())
    except ConfigurationError as error:
        raise blamed(error)
    if file:
        inputs["state_dict"] = file
    start = study.start(wildcards.dataset, wildcards.training, wildcards.seed)
    if start:
        inputs["start"] = run_file(*start, "model.zarr.zip")
    return inputs


def model_inputs(wildcards):
    return {
        "dataset": dataset_file(wildcards.dataset),
        "model": run_file(
            wildcards.dataset, wildcards.training, wildcards.seed, "model.zarr.zip"
        ),
    }


def gauss_newton_inputs(wildcards):
    """The model's and, where there are several, all pieces of the factor."""
    pieces = gather.gauss_newton_pieces(FACTOR, **dict(wildcards.items()))
    further = {"pieces": pieces} if len(pieces) > 1 else {}
    return {**model_inputs(wildcards), **further}


def figure_files(name):
    return {kind: f"{RESULTS}/figures/{name}.{kind}" for kind in ("pdf", "png", "csv")}


def figure_arrays(name):
    """Every kind of artifact the layout reads, for each experiment in the order of the panels."""
    return seed_arrays(name, study.config["drawn_seed"])


def seed_arrays(name, seed):
    """The same of any run."""
    entry = study.selection.figure(name)
    experiments = list(map(experiment_parts, entry["experiments"]))
    return {
        kind: (
            measure_tables(
                [(d, t, s, *v) for d, t, *v in experiments for s in study.seeds],
                figure_quantities(entry),
            )
            if kind == "measures"
            else [artifact_file(kind, seed, *experiment) for experiment in experiments]
        )
        for kind in artifacts_of(entry["layout"])
    }


def figure_quantities(entry):
    """The measures and keys of experiments that a figure shows, if its layout takes some."""
    settings = (declared(entry["layout"]) or {}).get("QUANTITIES", ())
    return [entry[setting] for setting in settings if setting in entry]


def figure_experiments(entry):
    return [
        study.experiment(*experiment_parts(name)[:2]) for name in entry["experiments"]
    ]


def measure_tables(runs, columns=()):
    """The tables of runs (data set, training, seed, perhaps a view) with the columns' measures."""
    kinds = measure_files(columns, [study.experiment(*run[:2]) for run in runs])
    return [
        run_file(*run[:3], f"{view_folder(kind, *(run[3:] or ('',)))}{kind}.csv")
        for run in runs
        for kind in kinds
        if kind != PLANE or run[0] in study.config["planar"]
    ]


def artifact_file(kind, seed, dataset, training, view=""):
    """An artifact of an experiment, or the data set's."""
    if kind in ("dataset", "embedding"):
        return f"{RESULTS}/{dataset}/{kind}.zarr.zip"
    return run_file(
        dataset, training, seed, f"{view_folder(kind, view)}{kind}.zarr.zip"
    )


def further_numbers():
    """What the figures `over_seeds` say in numbers of the runs that are not drawn."""
    return [
        f"{RESULTS}/figures/seed{seed}/{name}.csv"
        for name in study.selection.made_figures()
        if name in study.config["over_seeds"]
        for seed in study.seeds
        if seed != study.config["drawn_seed"]
    ]


def contrast_files():
    """The comparisons with nulls, of every seed."""
    return [
        artifact_file("contrast", seed, *experiment_parts(experiment)).replace(
            ".zarr.zip", ".csv"
        )
        for experiment in study.selection.contrasts()
        for seed in study.seeds
    ]


def all_figure_files(kind):
    return [figure_files(name)[kind] for name in study.selection.made_figures()]


def table_files(name):
    suffixes = {"csv": "csv", "markdown": "md", "latex": "tex"}
    parts = {"": name, "comparison_": f"{name}_published"}
    return {
        f"{part}{kind}": f"{RESULTS}/tables/{file}.{suffix}"
        for part, file in parts.items()
        for kind, suffix in suffixes.items()
        if part == "" or published_file(name)
    }


def published_file(name):
    """The published numbers, as a list: empty for a table that is the user's own."""
    path = f"{WORKFLOW}/published/{name}.csv"
    own = "columns" in study.config["tables"].get(name, {})
    return [path] if os.path.exists(path) and not own else []


def published_runs(table):
    """The runs of a table of the paper's: none in a study that does not have it."""
    return study.selection.table_runs(table) if table in study.config["tables"] else []


def all_table_files(kind):
    """Those of a kind that not every table comes in, for the tables that do."""
    found = map(table_files, study.selection.made_tables())
    return [files[kind] for files in found if kind in files]


def tabulated_datasets():
    return sorted({dataset_file(run[0]) for run in study.selection.tabulated_runs()})


def precision_table(kind):
    """The comparison of arithmetics, where it is part of the profile."""
    output = rules.precision.output
    return [getattr(output, kind)] if study.selection.compares_arithmetics else []


def correlations_table():
    """The correlations with the number of pieces, where some model has an exact boundary."""
    return [rules.correlations.output.csv] if study.selection.planar_runs() else []


def claims_table():
    """The claims' verdicts, where the study has something of the paper's that claims are about."""
    known = set(claim_targets()) & set(captioned())
    return [rules.claims.output.csv] if known else []


def report_templates():
    return [f"{TEMPLATES}/{name}" for name in sorted(os.listdir(TEMPLATES))]


def map_files():
    """The arrays of the maps that the page shows: a change of theirs makes it again."""

    def files(kind, runs):
        return [
            artifact_file(kind, run.seed, *experiment_parts(run.experiment))
            for run in runs
        ]

    runs = shown_maps()
    return {
        "map_datasets": files("dataset", runs),
        "map_grids": files("alignment_grid", runs),
        "map_boundaries": files("decision_boundary", runs),
        "map_spectra": files(
            "alignment_samples", [run for run in runs if run.with_spectrum]
        ),
    }
