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
        for dataset, trainings in study.config["tables"][name].items()
        for training in trainings
        for seed in study.seeds
    ]


def published_file(name):
    return f"{workflow.basedir}/workflow/published/{name}.csv"


def table_settings(name):
    return lambda w: {
        "table": name,
        # pairs keep their order in the spec, keys would be sorted
        "rows": list(study.config["tables"][name].items()),
        "profile": profile_note(),
    }


def profile_note():
    """What figures and tables say about themselves when they are not the full study."""
    if study.profile == "paper":
        return ""
    return f"{study.profile} profile: {len(study.seeds)} seeds"


rule measures:
    """One tidy table: a row per data set, training, seed and measure."""
    input:
        measures=sorted(
            {path for name in study.config["tables"] for path in table_measures(name)}
        ),
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
