# Tables, each as CSV, Markdown and LaTeX, and a second time beside the published numbers.


def table_files(name):
    folder = f"{RESULTS}/tables"
    return {
        "csv": f"{folder}/{name}.csv",
        "markdown": f"{folder}/{name}.md",
        "latex": f"{folder}/{name}.tex",
        "comparison_csv": f"{folder}/{name}_published.csv",
        "comparison_markdown": f"{folder}/{name}_published.md",
        "comparison_latex": f"{folder}/{name}_published.tex",
    }


def table_measures(name):
    """The measures of every model in a table, in the order of its rows."""
    return [
        run_file(dataset, training, seed, "measures.csv")
        for dataset, trainings in study.selection.table(name).items()
        for training in trainings
        for seed in study.seeds
    ]


def published_file(name):
    return f"{workflow.basedir}/workflow/published/{name}.csv"


def table_settings(name):
    return lambda w: {
        "table": name,
        # pairs keep their order in the spec, keys would be sorted
        "rows": list(study.selection.table(name).items()),
        "profile": profile_note(),
    }


def plane_table_measures():
    """The boundary's measures of every model in a table whose inputs are planar."""
    return [
        path.replace("measures.csv", "plane_measures.csv")
        for name in study.config["tables"]
        for dataset in study.selection.table(name)
        if dataset in study.config["planar"]
        for path in table_measures(name)
        if path.startswith(f"{RESULTS}/{dataset}/")
    ]


rule measures:
    """One tidy table: a row per data set, training, seed and measure."""
    input:
        measures=sorted(
            {path for name in study.config["tables"] for path in table_measures(name)}
        ),
        plane_measures=sorted(plane_table_measures()),
        gauss_newton_measures=sorted(resolved_measures()),
    output:
        table=f"{RESULTS}/tables/measures.csv",
    log:
        f"{LOGS}/measures.log",
    localrule: True
    params:
        files=files,
        spec=spec("measures", lambda w: {}),
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
        files=files,
        spec=spec("correlations", lambda w: {}),
    shell:
        RUN


rule table1:
    """Table 1: G_θ, trace, largest eigenvalue and norm for the simulated data sets."""
    input:
        measures=table_measures("table1"),
        published=published_file("table1"),
    output:
        **table_files("table1"),
    log:
        f"{LOGS}/table1.log",
    localrule: True
    params:
        files=files,
        spec=spec("table", table_settings("table1")),
    shell:
        RUN


rule table2:
    """Table 2: the same measures for real data (Iris)."""
    input:
        measures=table_measures("table2"),
        published=published_file("table2"),
    output:
        **table_files("table2"),
    log:
        f"{LOGS}/table2.log",
    localrule: True
    params:
        files=files,
        spec=spec("table", table_settings("table2")),
    shell:
        RUN
