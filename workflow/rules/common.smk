# Functions that the rules share; no rules here. `study` is the validated configuration.
import json
import os
import shlex
import sys

from hessian_study.provenance.adopt import adopt_artifacts
from hessian_study.provenance.code_digest import code_digest
from hessian_study.configuration.captions import caption
from hessian_study.configuration.data_files import data_files
from hessian_study.configuration.study import Study
from hessian_study.configuration.layouts import artifacts_of
from hessian_study.configuration.profiles import refuse_other_profile
from hessian_study.jobs.warm_process import start_warm_process
from hessian_study.configuration.views import PATTERN as VIEWS, view_folder

try:
    study = Study(config)
except ConfigurationError as error:
    raise WorkflowError(str(error))

adopt_artifacts(workflow)

# on a GPU float32 shall mean float32: convolutions would round to 10 bits, unlike on a CPU
os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
RESULTS = f"results/{study.profile}"
LOGS = f"logs/{study.profile}"
ONE_RUN = "{dataset}/{training}/seed{seed}"
RUN_FOLDER = f"{RESULTS}/{ONE_RUN}"
RUN = "{python} -m hessian_study.jobs.run_job {params.spec:q} {params.files:q} > {log} 2>&1"
python = shlex.quote(sys.executable)


onstart:
    if workflow.is_main_process and workflow.local_exec:
        # its limit to the jobs started in a second is for clusters; here each job that ends would
        # leave a timer that has all open jobs considered again every second until the end
        workflow.scheduler.job_rate_limiter = None
        start_warm_process()


# in a SLURM job, which runs a group of steps; there, Snakemake calls no hooks
if workflow.remote_exec and "SLURM_STEP_ID" in os.environ:
    start_warm_process()


wildcard_constraints:
    dataset="[a-z][a-z0-9_]*",
    training="[a-z][a-z0-9_]*",
    seed=r"\d+",
    view=VIEWS,


def spec(step, settings, code=lambda wildcards: []):
    """All that a step's result depends on besides its inputs, as one string to compare.

    `settings` and `code` (further modules) are functions of the wildcards.
    """

    def describe(wildcards):
        modules = [f"hessian_study.steps.{step}", *code(wildcards)]
        content = {
            "step": step,
            "code": code_digest(*modules),
            "settings": settings(wildcards),
            "wildcards": dict(wildcards.items()),
        }
        return json.dumps(content, sort_keys=True)

    return describe


def settings_of(section, *keys):
    """What a step reads of a section, and no more: other keys do not make it again."""
    return lambda wildcards: {key: study.config[section][key] for key in keys}


def files(wildcards, input, output):
    """Paths and device: not part of what a result depends on, so Snakemake does not compare them."""

    def by_name(paths):
        return {
            name: path if isinstance(path, str) else list(path)
            for name, path in paths.items()
        }

    return json.dumps(
        {
            "input": by_name(input),
            "output": by_name(output),
            "device": study.config["device"],
            "data_folder": study.config["data_folder"],
        }
    )


def growing(amount):
    """What a job asks for; a profile that tries it again (`retries`) asks for double each time."""
    return lambda wildcards, attempt: amount * 2 ** (attempt - 1)


def run_log(step):
    return f"{LOGS}/{step}/{ONE_RUN}.log"


def view_log(step):
    return f"{LOGS}/{step}/{ONE_RUN}/{{view}}{step}.log"


def dataset_file(dataset):
    return f"{RESULTS}/{dataset}/dataset.zarr.zip"


def run_file(dataset, training, seed, name):
    return f"{RESULTS}/{dataset}/{training}/seed{seed}/{name}"


def run_files(runs, name):
    return [run_file(*run, name) for run in runs]


def model_inputs(wildcards):
    return {
        "dataset": dataset_file(wildcards.dataset),
        "model": run_file(
            wildcards.dataset, wildcards.training, wildcards.seed, "model.zarr.zip"
        ),
    }


def architecture_code(wildcards):
    architecture = study.experiment(wildcards.dataset, wildcards.training)[
        "architecture"
    ]
    return [f"hessian_boundary.networks.architectures.{architecture['name']}"]


def profile_note():
    """What figures and tables say about themselves when they are not the full study."""
    if study.profile == "paper":
        return ""
    count = len(study.seeds)
    return f"{study.profile} profile, {count} seed{'s' if count > 1 else ''}"


def explain(name):
    """Let `snakemake --list-target-rules` say what a target is."""
    workflow.get_rule(name).docstring = caption(name).title
