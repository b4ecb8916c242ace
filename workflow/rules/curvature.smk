# Spectrum of the Hessian, alignment of gradients with its eigenvectors, measures.


def model_inputs(wildcards):
    return {
        "dataset": dataset_file(wildcards.dataset),
        "model": run_file(
            wildcards.dataset, wildcards.training, wildcards.seed, "model.zarr.zip"
        ),
    }


rule diagonalise:
    input:
        unpack(model_inputs),
    output:
        spectrum=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/{{view}}spectrum.zarr.zip",
    log:
        f"{LOGS}/diagonalise/{{dataset}}/{{training}}/seed{{seed}}/{{view}}diagonalise.log",
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        files=files,
        spec=spec("diagonalise", lambda w: study.config["curvature"], architecture_code),
    shell:
        RUN


rule align_samples:
    input:
        unpack(model_inputs),
        spectrum=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/{{view}}spectrum.zarr.zip",
    output:
        alignment_samples=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/{{view}}alignment_samples.zarr.zip",
    log:
        f"{LOGS}/align_samples/{{dataset}}/{{training}}/seed{{seed}}/{{view}}align_samples.log",
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        files=files,
        spec=spec("align_samples", lambda w: {}, architecture_code),
    shell:
        RUN


rule align_grid:
    input:
        unpack(model_inputs),
        spectrum=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/{{view}}spectrum.zarr.zip",
    output:
        alignment_grid=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/{{view}}alignment_grid.zarr.zip",
    log:
        f"{LOGS}/align_grid/{{dataset}}/{{training}}/seed{{seed}}/{{view}}align_grid.log",
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        files=files,
        spec=spec("align_grid", lambda w: study.config["alignment"], architecture_code),
    shell:
        RUN


rule align_directions:
    input:
        unpack(model_inputs),
        spectrum=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/spectrum.zarr.zip",
    output:
        alignment_directions=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/alignment_directions.zarr.zip",
    log:
        f"{LOGS}/align_directions/{{dataset}}/{{training}}/seed{{seed}}.log",
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        files=files,
        spec=spec(
            "align_directions",
            lambda w: {
                **study.config["alignment"],
                "directions": 5,
            },  # PAPER: Appendix E, five each
            architecture_code,
        ),
    shell:
        RUN


rule estimate_margin:
    input:
        unpack(model_inputs),
        spectrum=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/spectrum.zarr.zip",
        alignment=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/alignment_samples.zarr.zip",
    output:
        margin=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/margin.zarr.zip",
    log:
        f"{LOGS}/estimate_margin/{{dataset}}/{{training}}/seed{{seed}}.log",
    threads: 1
    params:
        files=files,
        spec=spec("estimate_margin", lambda w: {}, architecture_code),
    shell:
        RUN


rule trace_boundary:
    input:
        unpack(model_inputs),
    output:
        decision_boundary=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/{{view}}decision_boundary.zarr.zip",
    log:
        f"{LOGS}/trace_boundary/{{dataset}}/{{training}}/seed{{seed}}/{{view}}trace_boundary.log",
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        files=files,
        spec=spec(
            "trace_boundary",
            lambda w: {"grid_margin": study.config["alignment"]["grid_margin"]},
            architecture_code,
        ),
    shell:
        RUN


rule measure_plane:
    input:
        **{
            kind: f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/{kind}.zarr.zip"
            for kind in (
                "model",
                "alignment_grid",
                "alignment_samples",
                "decision_boundary",
            )
        },
    output:
        plane_measures=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/plane_measures.csv",
    log:
        f"{LOGS}/measure_plane/{{dataset}}/{{training}}/seed{{seed}}.log",
    threads: 1
    params:
        files=files,
        spec=spec("measure_plane", lambda w: {}),
    shell:
        RUN


rule measure:
    input:
        model=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/model.zarr.zip",
        alignment=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/alignment_samples.zarr.zip",
    output:
        measures=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/measures.csv",
        curve=f"{RESULTS}/{{dataset}}/{{training}}/seed{{seed}}/g_theta_curve.csv",
    log:
        f"{LOGS}/measure/{{dataset}}/{{training}}/seed{{seed}}.log",
    threads: 1
    params:
        files=files,
        spec=spec("measure", lambda w: {}),
    shell:
        RUN
