# Figures, each as PDF and PNG with its numbers as CSV. A figure reads artifacts only; it computes
# nothing heavy. Its entry in config.yaml names a layout, a module of hessian_boundary.figures.layouts,
# which says what it reads.


rule figure:
    """A figure of the paper, or one of the user's own."""
    input:
        unpack(lambda wildcards: figure_arrays(wildcards.figure)),
    output:
        **in_report("Figures", figure_files("{figure}"), "pdf", "png"),
    log:
        f"{LOGS}/figure/{{figure}}.log",
    wildcard_constraints:
        figure="|".join(map(re.escape, study.selection.figures())),
    localrule: True
    params:
        **job("figure", figure_settings, layout_code, lambda w: w.figure),
    shell:
        RUN


rule figure_numbers:
    """The numbers behind a figure, of a run that is not drawn."""
    input:
        unpack(lambda wildcards: seed_arrays(wildcards.figure, wildcards.seed)),
    output:
        csv=f"{RESULTS}/figures/seed{{seed}}/{{figure}}.csv",
    log:
        f"{LOGS}/figure_numbers/seed{{seed}}/{{figure}}.log",
    wildcard_constraints:
        figure="|".join(map(re.escape, study.selection.figures())),
    localrule: True
    params:
        **job("figure_numbers", figure_settings, layout_code),
    shell:
        RUN


# A name for each, to ask for: one rule makes them all, so that a graph of the rules stays small.
for figure in study.selection.figures():

    rule:
        name:
            figure
        input:
            **figure_files(figure),

    explain(figure)
