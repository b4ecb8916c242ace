# The claims' verdicts as data, and the report: one page of HTML with everything in it.


rule claims:
    """Every claim of the paper: what was measured, and a verdict."""
    input:
        claims=f"{WORKFLOW}/report/claims.yaml",
        measures=rules.measures.output.table,
        correlations=correlations_table(),
        numbers=all_figure_files("csv"),
        further=further_numbers(),
        contrasts=contrast_files(),
    output:
        **in_report("Tables", {"csv": f"{RESULTS}/tables/claims.csv"}, "csv"),
        markdown=f"{RESULTS}/tables/claims.md",
    log:
        f"{LOGS}/claims.log",
    localrule: True
    params:
        **job(
            "claims",
            lambda w: claim_settings(),
            about="claims",
        ),
    shell:
        RUN


rule report:
    """One self-contained page of HTML: claims, published numbers, figures."""
    input:
        **map_files(),
        claims=rules.claims.input.claims,
        verdicts=claims_table(),
        captions=str(CAPTIONS),
        measures=rules.measures.output.table,
        correlations=correlations_table(),
        tables=all_table_files("csv"),
        comparisons=all_table_files("comparison_csv"),
        precision=precision_table("csv"),
        curves=precision_table("curves"),
        datasets=tabulated_datasets(),
        peers=f"{ROOT}/benchmarks/peers.csv",
        images=all_figure_files("png"),
        numbers=all_figure_files("csv"),
        templates=report_templates(),
    output:
        **in_report("Page", {"page": f"{RESULTS}/report.html"}, "page"),
    log:
        f"{LOGS}/report.log",
    localrule: True
    params:
        **job("report", report_settings, about="report"),
    shell:
        RUN
