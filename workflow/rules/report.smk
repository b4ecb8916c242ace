# The claims' verdicts as data, and the report: one page of HTML with everything in it.

REPORT_TEMPLATES = f"{workflow.basedir}/pipeline/hessian_boundary/report/templates"


def all_figure_files(kind):
    return [figure_files(name)[kind] for name in study.selection.made_figures()]


def all_table_files(kind):
    """Those of a kind that not every table comes in, for the tables that do."""
    found = map(table_files, study.config["tables"])
    return [files[kind] for files in found if kind in files]


def tabulated_datasets():
    return sorted({dataset_file(run[0]) for run in study.selection.tabulated_runs()})


def precision_table(kind):
    """The comparison of arithmetics, where it is part of the profile."""
    return (
        [getattr(rules.precision.output, kind)]
        if study.selection.compares_arithmetics
        else []
    )


def claim_targets():
    return [*study.selection.figures(), *study.config["tables"]]


def figure_summary(name):
    """What the report says about how a figure was made; arrays relative to the results folder."""
    entry = study.selection.figure(name)
    arrays = [path for paths in figure_inputs(name).values() for path in paths]
    return {
        "name": name,
        "layout": entry["layout"],
        "experiments": entry["experiments"],
        "arrays": [os.path.relpath(path, RESULTS) for path in dict.fromkeys(arrays)],
    }


def report_settings(wildcards):
    curvature, alignment = study.config["curvature"], study.config["alignment"]
    return {
        "profile": study.profile,
        "note": profile_note(),
        "seeds": study.seeds,
        "targets": claim_targets(),
        "tables": list(study.config["tables"]),
        "figures": [figure_summary(name) for name in study.selection.figures()],
        "left_out": study.selection.left_out(),
        "shown": {
            "profile": study.profile,
            "seeds": ", ".join(map(str, study.seeds)),
            "run drawn in figures": f"seed {study.config['drawn_seed']}",
            "eigensolver": curvature["method"],
            "rank tolerance": f"{curvature['rank_tolerance']:g}",
            "grid": f"{alignment['grid_resolution']} points per axis",
        },
    }


rule claims:
    """Every claim of the paper: what was measured, and a verdict."""
    input:
        claims=f"{workflow.basedir}/workflow/report/claims.yaml",
        measures=rules.measures.output.table,
        correlations=rules.correlations.output.csv,
        numbers=all_figure_files("csv"),
    output:
        csv=f"{RESULTS}/tables/claims.csv",
        markdown=f"{RESULTS}/tables/claims.md",
    log:
        f"{LOGS}/claims.log",
    localrule: True
    params:
        **job(
            "claims",
            lambda w: {"targets": claim_targets(), "note": profile_note()},
        ),
    shell:
        RUN


rule report:
    """One self-contained page of HTML: claims, published numbers, figures, costs."""
    input:
        claims=rules.claims.input.claims,
        verdicts=rules.claims.output.csv,
        captions=f"{workflow.basedir}/workflow/report/captions.yaml",
        measures=rules.measures.output.table,
        correlations=rules.correlations.output.csv,
        tables=all_table_files("csv"),
        comparisons=all_table_files("comparison_csv"),
        precision=precision_table("csv"),
        curves=precision_table("curves"),
        datasets=tabulated_datasets(),
        peers=f"{workflow.basedir}/benchmarks/peers.csv",
        images=all_figure_files("png"),
        numbers=all_figure_files("csv"),
        templates=[
            f"{REPORT_TEMPLATES}/{name}"
            for name in sorted(os.listdir(REPORT_TEMPLATES))
        ],
    output:
        page=f"{RESULTS}/report.html",
    log:
        f"{LOGS}/report.log",
    localrule: True
    params:
        **job("report", report_settings),
    shell:
        RUN
