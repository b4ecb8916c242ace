# Does G_θ predict generalisation? Many small models, and which measures order them by their test error.
# No part of `all`: `hessian-boundary run generalisation` asks for it.

MODELS = f"{RESULTS}/generalisation/{{dataset}}/draw{{draw}}/models.zarr.zip"

REGIMES = f"{RESULTS}/generalisation/{{dataset}}/regimes/draw{{draw}}.zarr.zip"


rule sweep_models:
    input:
        dataset=f"{RESULTS}/{{dataset}}/dataset.zarr.zip",
    output:
        models=MODELS,
    log:
        f"{LOGS}/sweep_models/{{dataset}}/draw{{draw}}.log",
    wildcard_constraints:
        draw=r"\d+",
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(60),
    params:
        **job("sweep_models", sweep_settings, sweep_code),
    shell:
        RUN


rule compare_measures:
    """Which measures order models by their test error: every statistic, and a verdict."""
    input:
        models=[MODELS.format(dataset=d, draw=k) for d, k in chunks(study.config)],
    output:
        **in_report("Tables", {"csv": f"{RESULTS}/tables/generalisation.csv"}, "csv"),
        **in_report(
            "Figures",
            {
                kind: f"{RESULTS}/figures/generalisation.{kind}"
                for kind in ("pdf", "png")
            },
            "pdf",
            "png",
        ),
        markdown=f"{RESULTS}/tables/generalisation.md",
        latex=f"{RESULTS}/tables/generalisation.tex",
        models=f"{RESULTS}/tables/generalisation_models.csv",
        answer=f"{RESULTS}/tables/generalisation_answer.txt",
    log:
        f"{LOGS}/compare_measures.log",
    localrule: True
    params:
        **job("compare_measures", measure_settings, about="generalisation"),
    shell:
        RUN


rule probe_g_theta:
    input:
        dataset=f"{RESULTS}/{{dataset}}/dataset.zarr.zip",
    output:
        probes=f"{RESULTS}/generalisation/{{dataset}}/probes.csv",
    log:
        f"{LOGS}/probe_g_theta/{{dataset}}.log",
    threads: 1
    params:
        **job("probe_g_theta", drawing_settings, probe_code),
    shell:
        RUN


rule probes:
    """What moves G_θ while the boundary stays: sample size, rescaling, wiggles far away."""
    input:
        [
            f"{RESULTS}/generalisation/{dataset}/probes.csv"
            for dataset in study.config["planar"]
            if dataset in swept_datasets(study.config)
        ],


rule margin_starts:
    input:
        unpack(model_inputs),
        spectrum=f"{RUN_FOLDER}/spectrum.zarr.zip",
        alignment=f"{RUN_FOLDER}/alignment_samples.zarr.zip",
        decision_boundary=f"{RUN_FOLDER}/decision_boundary.zarr.zip",
    output:
        starts=f"{RUN_FOLDER}/margin_starts.csv",
    log:
        run_log("margin_starts"),
    threads: 1
    params:
        **job("margin_starts", settings_of("margins", "starts"), architecture_code),
    shell:
        RUN


rule compare_margins:
    """The estimated margins of all starts beside the exact ones, a line per experiment."""
    input:
        starts=run_files(study.selection.margin_runs(), "margin_starts.csv"),
    output:
        csv=f"{RESULTS}/tables/margins.csv",
        starts=f"{RESULTS}/tables/margins_starts.csv",
        markdown=f"{RESULTS}/tables/margins.md",
    log:
        f"{LOGS}/compare_margins.log",
    localrule: True
    params:
        **job("compare_margins", lambda w: {"note": profile_note()}),
    shell:
        RUN


rule margins:
    """The margin that the top eigenvector tells, from many starts, beside the exact one."""
    input:
        rules.compare_margins.output,


rule train_regimes:
    input:
        dataset=f"{RESULTS}/{{dataset}}/dataset.zarr.zip",
    output:
        models=REGIMES,
    log:
        f"{LOGS}/train_regimes/{{dataset}}/draw{{draw}}.log",
    wildcard_constraints:
        draw=r"\d+",
    threads: 1
    resources:
        mem_mb=growing(2000),
    params:
        **job("train_regimes", regime_settings, probe_code),
    shell:
        RUN


rule compare_regimes:
    """Differences between the three regimes over data draws, with intervals and p."""
    input:
        models=[REGIMES.format(dataset=d, draw=k) for d, k in regimes(study.config)],
    output:
        csv=f"{RESULTS}/tables/regimes.csv",
        markdown=f"{RESULTS}/tables/regimes.md",
    log:
        f"{LOGS}/compare_regimes.log",
    localrule: True
    params:
        **job("compare_regimes", lambda w: {"note": profile_note()}),
    shell:
        RUN


rule regimes:
    """The paper's three regimes on further data draws: test error and G_θ, paired."""
    input:
        rules.compare_regimes.output,


rule generalisation:
    """Does G_θ predict generalisation? Models, table, figure and answer; not part of `all`."""
    input:
        rules.compare_measures.output,
