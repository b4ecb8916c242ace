# The study as a workflow. `snakemake --list-target-rules` explains each target in a line.
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.file import check_file

try:
    check_file(f"{workflow.basedir}/config.yaml")
except ConfigurationError as error:
    raise WorkflowError(str(error))


configfile: f"{workflow.basedir}/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/curvature.smk"
include: "workflow/rules/precision.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"


rule all:
    """Every table and figure of the profile, and the report."""
    default_target: True
    input:
        [
            paths
            for name in study.config["tables"]
            for paths in table_files(name).values()
        ],
        rules.correlations.output,
        rules.claims.output,
        rules.report.output,
        [
            paths
            for name in study.selection.made_figures()
            for paths in figure_files(name).values()
        ],


rule other_profile:
    """A result of another profile: says what to add to the command."""
    input:
        lambda wildcards: refuse_other_profile(study.config, wildcards.profile),
    output:
        "results/{profile}/{file}",
    wildcard_constraints:
        profile=f"(?!{study.profile}/)[^/]+",
        file=".+",
