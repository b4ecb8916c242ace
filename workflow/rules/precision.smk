# Is G_θ a property of the network or of the arithmetic? The same models by several methods.


rule study_precision:
    input:
        unpack(model_inputs),
    output:
        precision=f"{RUN_FOLDER}/precision.csv",
        curves=f"{RUN_FOLDER}/precision_curves.csv",
    log:
        run_log("study_precision"),
    threads: 1
    resources:
        mem_mb=growing(7000),
        runtime=growing(60),
    params:
        **job(
            "study_precision",
            rank_tolerance,
            architecture_code,
        ),
    shell:
        RUN


rule measure_gauss_newton:
    input:
        unpack(model_inputs),
    output:
        measures=f"{RUN_FOLDER}/gauss_newton_measures.csv",
    log:
        run_log("measure_gauss_newton"),
    threads: 1
    resources:
        mem_mb=limited_memory,
    params:
        **job(
            "measure_gauss_newton",
            curvature_memory,
            architecture_code,
            start=start_in_processes("measure_gauss_newton"),
        ),
    shell:
        RUN


rule precision:
    """G_θ of the same models from float32, from float64, and to high relative precision."""
    input:
        precision=run_files(study.selection.compared_runs(), "precision.csv"),
        curves=run_files(study.selection.compared_runs(), "precision_curves.csv"),
    output:
        **in_report("Tables", {"csv": f"{RESULTS}/tables/precision.csv"}, "csv"),
        markdown=f"{RESULTS}/tables/precision.md",
        curves=f"{RESULTS}/tables/precision_curves.csv",
    log:
        f"{LOGS}/precision.log",
    localrule: True
    params:
        **job("precision", lambda w: {"note": profile_note()}, about="precision"),
    shell:
        RUN


rule measure_float32:
    input:
        unpack(model_inputs),
    output:
        measures=f"{RUN_FOLDER}/float32_measures.csv",
    log:
        run_log("measure_float32"),
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        **job("measure_float32", lambda w: {}, architecture_code),
    shell:
        RUN


rule authors_arithmetic:
    """Table 1 in the authors' arithmetic, float32, for every seed. Long; not part of `all`."""
    input:
        measures=run_files(published_runs("table1"), "measures.csv"),
        float32=run_files(published_runs("table1"), "float32_measures.csv"),
        published=published_file("table1"),
    output:
        **in_report(
            "Tables", {"csv": f"{RESULTS}/tables/authors_arithmetic.csv"}, "csv"
        ),
        markdown=f"{RESULTS}/tables/authors_arithmetic.md",
        latex=f"{RESULTS}/tables/authors_arithmetic.tex",
    log:
        f"{LOGS}/authors_arithmetic.log",
    localrule: True
    params:
        **job(
            "authors_arithmetic", published_rows("table1"), about="authors_arithmetic"
        ),
    shell:
        RUN
