# Tables, each as CSV, Markdown and LaTeX; the paper's a second time beside the published numbers.


def table_files(name):
    suffixes = {"csv": "csv", "markdown": "md", "latex": "tex"}
    parts = {"": name, "comparison_": f"{name}_published"}
    return {
        f"{part}{kind}": f"{RESULTS}/tables/{file}.{suffix}"
        for part, file in parts.items()
        for kind, suffix in suffixes.items()
        if part == "" or published_file(name)
    }


def published_file(name):
    """The published numbers, as a list: empty for a table that is the user's own."""
    path = f"{workflow.basedir}/workflow/published/{name}.csv"
    return [path] if os.path.exists(path) else []


def table_job(name):
    settings = {
        "table": name,
        # pairs keep their order in the spec, keys would be sorted
        "rows": list(study.selection.table(name).items()),
        "note": profile_note(),
    }
    return job("table", lambda w: settings)


rule measures:
    """One tidy table: a row per data set, training, seed and measure."""
    input:
        measures=run_files(study.selection.tabulated_runs(), "measures.csv"),
        plane_measures=run_files(study.selection.planar_runs(), "plane_measures.csv"),
        gauss_newton_measures=run_files(
            study.selection.resolved_runs(), "gauss_newton_measures.csv"
        ),
    output:
        table=f"{RESULTS}/tables/measures.csv",
    log:
        f"{LOGS}/measures.log",
    localrule: True
    params:
        **job("measures", lambda w: {}),
    shell:
        RUN


rule correlations:
    """Rank correlations of the number of boundary pieces with every other measure."""
    input:
        table=f"{RESULTS}/tables/measures.csv",
    output:
        csv=f"{RESULTS}/tables/correlations.csv",
        markdown=f"{RESULTS}/tables/correlations.md",
    log:
        f"{LOGS}/correlations.log",
    localrule: True
    params:
        **job("correlations", lambda w: {}),
    shell:
        RUN


for table in study.config["tables"]:

    rule:
        name:
            table
        input:
            measures=run_files(study.selection.table_runs(table), "measures.csv"),
            published=published_file(table),
        output:
            **table_files(table),
        log:
            f"{LOGS}/{table}.log",
        localrule: True
        params:
            **table_job(table),
        shell:
            RUN

    explain(table)
