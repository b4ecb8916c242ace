# Tables, each as CSV, Markdown and LaTeX; the paper's a second time beside the published numbers.


rule measures:
    """One tidy table: a row per data set, training, seed and measure."""
    input:
        measures=run_files(study.selection.tabulated_runs(), "measures.csv"),
        plane_measures=run_files(study.selection.planar_runs(), "plane_measures.csv"),
        gauss_newton_measures=run_files(
            study.selection.resolved_runs(), "gauss_newton_measures.csv"
        ),
    output:
        **in_report("Tables", {"table": f"{RESULTS}/tables/measures.csv"}, "table"),
    log:
        f"{LOGS}/measures.log",
    localrule: True
    params:
        **job("measures", lambda w: {}, about="measures"),
    shell:
        RUN


rule correlations:
    """Rank correlations of the number of boundary pieces with every other measure."""
    input:
        table=f"{RESULTS}/tables/measures.csv",
    output:
        **in_report("Tables", {"csv": f"{RESULTS}/tables/correlations.csv"}, "csv"),
        markdown=f"{RESULTS}/tables/correlations.md",
    log:
        f"{LOGS}/correlations.log",
    localrule: True
    params:
        **job("correlations", lambda w: {}, about="correlations"),
    shell:
        RUN


for table in study.config["tables"]:

    rule:
        name:
            table
        input:
            measures=measure_tables(
                study.selection.table_runs(table), study.selection.columns(table)
            ),
            published=published_file(table),
        output:
            **in_report("Tables", table_files(table), "csv", "comparison_csv"),
        log:
            f"{LOGS}/{table}.log",
        localrule: True
        params:
            **job("table", table_settings(table), about=table),
        shell:
            RUN

    explain(table)
