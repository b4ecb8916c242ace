# The study as a workflow. `snakemake --list-target-rules` explains each target in a line.
#
# `snakemake --lint` finds one thing, in every rule: no conda environment or container. There is one
# environment for all rules, the one that runs Snakemake (requirements.txt, environment.yml); every
# artifact records its packages' versions. One for each rule could not hold this project's packages.


include: "workflow/rules/checkout.smk"


from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.file import check_file
from hessian_study.project import CONFIGURATION

try:
    for file in (CONFIGURATION, *workflow.overwrite_configfiles):
        check_file(file)
except ConfigurationError as error:
    raise WorkflowError(str(error))


configfile: str(CONFIGURATION)


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/files.smk"
include: "workflow/rules/settings.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/curvature.smk"
include: "workflow/rules/precision.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/generalisation.smk"


rule all:
    """Every table and figure of the profile, and the report."""
    default_target: True
    input:
        [
            paths
            for name in study.selection.made_tables()
            for paths in table_files(name).values()
        ],
        rules.correlations.output if correlations_table() else [],
        rules.claims.output if claims_table() else [],
        rules.report.output,
        [
            paths
            for name in study.selection.made_figures()
            for paths in figure_files(name).values()
        ],
