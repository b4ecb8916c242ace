# Functions that the rules share; no rules here. `study` is the validated configuration.
import json
import os
import sys

from hessian_study.provenance.adopt import adopt_artifacts
from hessian_study.provenance.code_digest import code_digest
from hessian_study.configuration.captions import caption
from hessian_study.configuration.study import Study
from hessian_study.configuration.layouts import artifacts_of
from hessian_study.configuration.profiles import refuse_other_profile
from hessian_study.jobs.job_file import job_file, write_job_file
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
RUN = (
    "{params.python:q} -m hessian_study.jobs.run_job {params.job_file:q} > {log:q} 2>&1"
)


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


def job(step, settings, code=lambda wildcards: []):
    """The params of a rule that runs a step.

    `spec` is all that its result depends on besides its inputs, as one value for Snakemake to
    compare: of several it would not notice that two changed places. Through JSON its keys come in
    one order, and what has no lasting text is refused. `settings` and `code` (further modules) are
    functions of the wildcards. The other params are not compared, as they ask for the inputs.
    """

    def spec(wildcards):
        modules = [f"hessian_study.steps.{step}", *code(wildcards)]
        content = {
            "step": step,
            "code": code_digest(*modules),
            "settings": settings(wildcards),
            "wildcards": dict(wildcards.items()),
        }
        return json.loads(json.dumps(content, sort_keys=True))

    def written_job_file(wildcards, input, output):
        path = job_file(LOGS, step, output[0])
        # Snakemake evaluates params a last time when it starts the job, with the results locked
        if workflow.scheduler is not None and not workflow.dryrun:
            content = {"spec": spec(wildcards), **described(input, output)}
            write_job_file(path, content)
        return path

    return {
        "spec": spec,
        "job_file": written_job_file,
        "python": lambda wildcards, input: sys.executable,
    }


def settings_of(section, *keys):
    """What a step reads of a section, and no more: other keys do not make it again."""
    return lambda wildcards: {key: study.config[section][key] for key in keys}


def described(input, output):
    """Paths and device: what a job is told besides its spec."""

    def by_name(paths):
        return {
            name: path if isinstance(path, str) else list(path)
            for name, path in paths.items()
        }

    return {
        "input": by_name(input),
        "output": by_name(output),
        "device": study.config["device"],
        "data_folder": study.config["data_folder"],
    }


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
