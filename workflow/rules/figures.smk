# Figures, each as PDF and PNG with its numbers as CSV. A figure reads artifacts only; it computes
# nothing heavy. Its entry in config.yaml names a layout, a module of pipeline/figures/layouts,
# which says what it reads.


def figure_files(name):
    return {kind: f"{RESULTS}/figures/{name}.{kind}" for kind in ("pdf", "png", "csv")}


def figure_inputs(name):
    """Every kind of artifact the layout reads, for each experiment in the order of the panels."""
    entry = study.selection.figure(name)
    experiments = [experiment.split("/", 2) for experiment in entry["experiments"]]
    return {
        kind: [artifact_file(kind, *experiment) for experiment in experiments]
        for kind in artifacts_of(entry["layout"])
    }


def artifact_file(kind, dataset, training, view=""):
    """The artifact of the run that is drawn."""
    if kind in ("dataset", "embedding"):
        return f"{RESULTS}/{dataset}/{kind}.zarr.zip"
    seed = study.config["drawn_seed"]
    return run_file(
        dataset, training, seed, f"{view_folder(kind, view)}{kind}.zarr.zip"
    )


def figure_job(name):
    settings = {**study.selection.figure(name), "note": profile_note()}
    layout = f"hessian_boundary.figures.layouts.{settings['layout']}"
    return job("figure", lambda w: settings, lambda w: [layout])


for figure in study.selection.figures():

    rule:
        name:
            figure
        input:
            **figure_inputs(figure),
        output:
            **figure_files(figure),
        log:
            f"{LOGS}/{figure}.log",
        localrule: True
        params:
            **figure_job(figure),
        shell:
            RUN

    explain(figure)
