# Figures, each as PDF and PNG. A figure reads artifacts only; it computes nothing heavy.

FIGURES = [name for name in study.config["figures"] if name != "seed"]


def figure_files(name):
    return {kind: f"{RESULTS}/figures/{name}.{kind}" for kind in ("pdf", "png")}


def figure_spec(name):
    settings = {
        **study.config["figures"][name],
        "figure": name,
        "profile": profile_note(),
    }
    return spec("figure", lambda w: settings, lambda w: [f"pipeline.figures.{name}"])


def drawn(name, artifact):
    """The artifact of every model that a figure draws, in the order of its panels."""
    entry = study.config["figures"][name]
    experiments = entry.get("experiments") or [
        f"{entry['dataset']}/{training}"
        for training in entry.get("trainings", [entry.get("training")])
    ]
    seed = study.config["figures"]["seed"]
    return [
        run_file(*experiment.split("/"), seed, artifact) for experiment in experiments
    ]


def drawn_datasets(name):
    entry = study.config["figures"][name]
    datasets = [e.split("/")[0] for e in entry.get("experiments", [])] or [
        entry["dataset"]
    ]
    return list(map(dataset_file, datasets))


rule fig01:
    """Figure 1: predicted classes, top alignments and spectrum for three trainings of gaussian."""
    input:
        datasets=drawn_datasets("fig01"),
        grids=drawn("fig01", "alignment_grid.zarr.zip"),
        samples=drawn("fig01", "alignment_samples.zarr.zip"),
    output:
        **figure_files("fig01"),
    log:
        f"{LOGS}/fig01.log",
    localrule: True
    params:
        files=files,
        spec=figure_spec("fig01"),
    shell:
        RUN


rule fig02:
    """Figure 2: alignment of all training samples with the top 25 eigenvectors."""
    input:
        samples=drawn("fig02", "alignment_samples.zarr.zip"),
    output:
        **figure_files("fig02"),
    log:
        f"{LOGS}/fig02.log",
    localrule: True
    params:
        files=files,
        spec=figure_spec("fig02"),
    shell:
        RUN


rule fig04:
    """Figure 4: the method step by step on the one-dimensional toy data set."""
    input:
        datasets=drawn_datasets("fig04"),
        models=drawn("fig04", "model.zarr.zip"),
        spectra=drawn("fig04", "spectrum.zarr.zip"),
        grids=drawn("fig04", "alignment_grid.zarr.zip"),
        samples=drawn("fig04", "alignment_samples.zarr.zip"),
    output:
        **figure_files("fig04"),
    log:
        f"{LOGS}/fig04.log",
    localrule: True
    params:
        files=files,
        spec=figure_spec("fig04"),
    shell:
        RUN


rule fig05:
    """Figure 5: decision boundary and top 5 alignments for the five simulated 2-D data sets."""
    input:
        datasets=drawn_datasets("fig05"),
        grids=drawn("fig05", "alignment_grid.zarr.zip"),
    output:
        **figure_files("fig05"),
    log:
        f"{LOGS}/fig05.log",
    localrule: True
    params:
        files=files,
        spec=figure_spec("fig05"),
    shell:
        RUN
