# Data sets and trained models.


rule make_dataset:
    input:
        unpack(own_files),
    output:
        dataset=f"{RESULTS}/{{dataset}}/dataset.zarr.zip",
    log:
        f"{LOGS}/make_dataset/{{dataset}}.log",
    localrule: True  # it may download, and compute nodes often have no network
    params:
        **job(
            "make_dataset",
            lambda w: study.dataset(w.dataset),
            generator_code,
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
        **job("embed", lambda w: {}),
    shell:
        RUN


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
        **job(
            "train",
            lambda w: study.training_settings(w.dataset, w.training),
            training_code,
        ),
    shell:
        RUN
