# Spectrum of the Hessian, alignment of gradients with its eigenvectors, measures.


# Pieces of the factor of a Gauss-Newton part, each a job of its own; with 1 there is no such job.
# `--set-scatter gauss_newton_pieces=8`, or `set-scatter` in a profile, makes more.
scattergather:
    gauss_newton_pieces=1,


rule diagonalise:
    input:
        unpack(model_inputs),
    output:
        spectrum=f"{RUN_FOLDER}/{{view}}spectrum.zarr.zip",
    log:
        view_log("diagonalise"),
    wildcard_constraints:
        view=OTHERS,
    threads: 1
    resources:
        mem_mb=limited_memory,
        runtime=growing(60),
    params:
        **job(
            "diagonalise",
            lambda w: study.curvature(w.dataset, w.training),
            architecture_code,
            start=start_in_processes("diagonalise"),
        ),
    shell:
        RUN


rule factor_gauss_newton:
    """A piece of what the next rule decomposes, where it is made in several."""
    input:
        unpack(model_inputs),
    output:
        factor=FACTOR,
    log:
        f"{LOGS}/factor_gauss_newton/{ONE_RUN}/{{view}}{{scatteritem}}.log",
    wildcard_constraints:
        view=GAUSS_NEWTON,
    threads: 1
    resources:
        mem_mb=limited_memory,
        runtime=growing(60),
    params:
        **job(
            "factor_gauss_newton",
            curvature_memory,
            architecture_code,
        ),
    shell:
        RUN


rule diagonalise_gauss_newton:
    input:
        unpack(gauss_newton_inputs),
    output:
        spectrum=f"{RUN_FOLDER}/{{view}}spectrum.zarr.zip",
        alignment_samples=f"{RUN_FOLDER}/{{view}}alignment_samples.zarr.zip",
    log:
        view_log("diagonalise_gauss_newton"),
    wildcard_constraints:
        view=GAUSS_NEWTON,
    threads: 1
    resources:
        mem_mb=limited_memory,
        runtime=growing(60),
    params:
        **job(
            "diagonalise_gauss_newton",
            lambda w: study.curvature(w.dataset, w.training),
            architecture_code,
            start=start_in_processes("diagonalise_gauss_newton"),
        ),
    shell:
        RUN


rule align_samples:
    input:
        unpack(model_inputs),
        spectrum=f"{RUN_FOLDER}/{{view}}spectrum.zarr.zip",
    output:
        alignment_samples=f"{RUN_FOLDER}/{{view}}alignment_samples.zarr.zip",
    log:
        view_log("align_samples"),
    wildcard_constraints:
        view=OTHERS,
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        **job("align_samples", lambda w: {}, architecture_code),
    shell:
        RUN


rule align_grid:
    input:
        unpack(model_inputs),
        spectrum=f"{RUN_FOLDER}/{{view}}spectrum.zarr.zip",
    output:
        alignment_grid=f"{RUN_FOLDER}/{{view}}alignment_grid.zarr.zip",
    log:
        view_log("align_grid"),
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        **job("align_grid", lambda w: study.config["alignment"], architecture_code),
    shell:
        RUN


rule align_directions:
    input:
        unpack(model_inputs),
        spectrum=f"{RUN_FOLDER}/spectrum.zarr.zip",
    output:
        alignment_directions=f"{RUN_FOLDER}/alignment_directions.zarr.zip",
    log:
        run_log("align_directions"),
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        **job(
            "align_directions",
            settings_of("alignment", "grid_margin", "grid_resolution"),
            architecture_code,
        ),
    shell:
        RUN


rule estimate_margin:
    input:
        unpack(model_inputs),
        spectrum=f"{RUN_FOLDER}/spectrum.zarr.zip",
        alignment=f"{RUN_FOLDER}/alignment_samples.zarr.zip",
    output:
        margin=f"{RUN_FOLDER}/margin.zarr.zip",
    log:
        run_log("estimate_margin"),
    threads: 1
    params:
        **job("estimate_margin", lambda w: {}, architecture_code),
    shell:
        RUN


rule trace_boundary:
    input:
        unpack(model_inputs),
    output:
        decision_boundary=f"{RUN_FOLDER}/{{view}}decision_boundary.zarr.zip",
    log:
        view_log("trace_boundary"),
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        **job(
            "trace_boundary",
            settings_of("alignment", "grid_margin"),
            architecture_code,
        ),
    shell:
        RUN


rule contrast:
    """Do the top eigenvectors mark the boundary better than directions of another origin?"""
    input:
        unpack(model_inputs),
        alignment_grid=f"{RUN_FOLDER}/{{view}}alignment_grid.zarr.zip",
        alignment_samples=f"{RUN_FOLDER}/{{view}}alignment_samples.zarr.zip",
    output:
        contrast=f"{RUN_FOLDER}/{{view}}contrast.csv",
    log:
        view_log("contrast"),
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        **job("contrast", lambda w: {}, architecture_code),
    shell:
        RUN


rule measure_plane:
    input:
        **{
            kind: f"{RUN_FOLDER}/{kind}.zarr.zip"
            for kind in (
                "model",
                "alignment_grid",
                "alignment_samples",
                "decision_boundary",
            )
        },
    output:
        plane_measures=f"{RUN_FOLDER}/plane_measures.csv",
    log:
        run_log("measure_plane"),
    threads: 1
    params:
        **job("measure_plane", lambda w: {}),
    shell:
        RUN


rule measure:
    input:
        unpack(model_inputs),
        alignment=f"{RUN_FOLDER}/{{view}}alignment_samples.zarr.zip",
    output:
        measures=f"{RUN_FOLDER}/{{view}}measures.csv",
        curve=f"{RUN_FOLDER}/{{view}}g_theta_curve.csv",
    log:
        view_log("measure"),
    threads: 1
    params:
        **job("measure", drawing_settings, drawn_model_code),
    shell:
        RUN


rule measure_training:
    """What the trained model itself tells, for tables that take no spectrum of H."""
    input:
        unpack(model_inputs),
    output:
        measures=f"{RUN_FOLDER}/training_measures.csv",
    log:
        run_log("measure_training"),
    threads: 1
    params:
        **job("measure_training", drawing_settings, drawn_model_code),
    shell:
        RUN
