# Data sets and trained models.


def own_files(wildcards):
    """The user's own files of a data set: a change of theirs makes it again."""
    name = wildcards.dataset
    *given, projects = workflow.configfiles
    return data_files(
        name,
        study.dataset(name),
        study.config["data_folder"],
        [*reversed(given), projects],
    )


rule make_dataset:
    input:
        files=own_files,
    output:
        dataset=f"{RESULTS}/{{dataset}}/dataset.zarr.zip",
    log:
        f"{LOGS}/make_dataset/{{dataset}}.log",
    localrule: True  # it may download, and compute nodes often have no network
    params:
        files=files,
        spec=spec(
            "make_dataset",
            lambda w: study.dataset(w.dataset),
            lambda w: [
                f"hessian_boundary.data.generators.{study.dataset(w.dataset)['generator']}"
            ],
        ),
    shell:
        RUN


rule embed:
    input:
        dataset=f"{RESULTS}/{{dataset}}/dataset.zarr.zip",
    output:
        embedding=f"{RESULTS}/{{dataset}}/embedding.zarr.zip",
    log:
        f"{LOGS}/embed/{{dataset}}.log",
    threads: 1
    params:
        files=files,
        spec=spec("embed", lambda w: {}),
    shell:
        RUN


def training_inputs(wildcards):
    """The data set and, where the training starts from another model, that model."""
    inputs = {"dataset": dataset_file(wildcards.dataset)}
    start = study.start(wildcards.dataset, wildcards.training, wildcards.seed)
    if start:
        inputs["start"] = run_file(*start, "model.zarr.zip")
    return inputs


rule train:
    input:
        unpack(training_inputs),
    output:
        model=f"{RUN_FOLDER}/model.zarr.zip",
    log:
        run_log("train"),
    # one thread, here and below: these networks are small, and jobs side by side gain more
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(20),
    params:
        files=files,
        spec=spec(
            "train",
            lambda w: study.training_settings(w.dataset, w.training),
            architecture_code,
        ),
    shell:
        RUN
