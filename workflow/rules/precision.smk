# Is G_θ a property of the network or of the arithmetic? The same models by several methods.


def precision_included():
    return study.config["profiles"][study.profile]["precision"]


def resolved_measures():
    """Of the compared models that are in a table, what takes seconds and is had for every seed."""
    compared = study.selection.precision() if precision_included() else {}
    return {
        run_file(dataset, training, seed, "gauss_newton_measures.csv")
        for name in study.config["tables"]
        for dataset, trainings in study.selection.table(name).items()
        for training in set(trainings) & set(compared.get(dataset, []))
        for seed in study.seeds
    }


def precision_files(name):
    """What each model of the comparison gives; of the run that is drawn, as it takes minutes."""
    return [
        run_file(dataset, training, study.config["figures"]["seed"], name)
        for dataset, trainings in study.selection.precision().items()
        for training in trainings
    ]


rule study_precision:
    input:
        unpack(model_inputs),
    output:
        precision=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/precision.csv",
        curves=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/precision_curves.csv",
    log:
        f"{LOGS}/study_precision/{{dataset}}/{{training}}/seed{{seed}}.log",
    threads: 1
    resources:
        mem_mb=growing(7000),
        runtime=growing(60),
    params:
        files=files,
        spec=spec(
            "study_precision",
            lambda w: {"rank_tolerance": study.config["curvature"]["rank_tolerance"]},
            architecture_code,
        ),
    shell:
        RUN


rule measure_gauss_newton:
    input:
        unpack(model_inputs),
    output:
        measures=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/gauss_newton_measures.csv",
    log:
        f"{LOGS}/measure_gauss_newton/{{dataset}}/{{training}}/seed{{seed}}.log",
    threads: 1
    params:
        files=files,
        spec=spec("measure_gauss_newton", lambda w: {}, architecture_code),
    shell:
        RUN


rule precision:
    """G_θ of the same models from float32, from float64, and to high relative precision."""
    input:
        precision=precision_files("precision.csv"),
        curves=precision_files("precision_curves.csv"),
    output:
        csv=f"{RESULTS}/tables/precision.csv",
        markdown=f"{RESULTS}/tables/precision.md",
        curves=f"{RESULTS}/tables/precision_curves.csv",
    log:
        f"{LOGS}/precision.log",
    localrule: True
    params:
        files=files,
        spec=spec("precision", lambda w: {"profile": profile_note()}),
    shell:
        RUN
