# What the rules share: the configuration, and how a job is described and started. No rules here.
# `study` is the validated configuration.
import json
import os
from functools import partial

import yaml

from hessian_study.captions import Caption, caption, captioned
from hessian_study.configuration.file import in_its_file
from hessian_study.configuration.profiles import check_targets, laid_over
from hessian_study.configuration.study import Study
from hessian_study.configuration.targets.points import TRAINING
from hessian_study.configuration.typed_values import with_command_line
from hessian_study.configuration.views import GAUSS_NEWTON, OTHERS
from hessian_study.configuration.views import PATTERN as VIEWS
from hessian_study.jobs.job_file import job_file, write_job_file
from hessian_study.jobs.launch import PYTHON, start_of_command
from hessian_study.jobs.scheduler import without_rate_limit
from hessian_study.jobs.targets import check_before_planning
from hessian_study.jobs.warm_process import start_warm_process
from hessian_study.project import CAPTIONS, CONFIGURATION, ROOT, TEMPLATES, WORKFLOW
from hessian_study.provenance.adopt import adopt_artifacts
from hessian_study.provenance.code_digest import code_digest
from hessian_study.schema import schema

# As a module of another workflow: there, `config` need only say what differs from config.yaml.
is_module = Path(workflow.basedir).resolve() != ROOT
if is_module:
    whole = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))
    config = laid_over(whole, config)
else:  # what the command line says arrives as text
    config = with_command_line(config, workflow.config_settings.config, schema())


replaced = workflow.config_settings.replace_workflow_config
configurations = [
    *([] if replaced else [CONFIGURATION]),
    *workflow.overwrite_configfiles,
]


def blamed(error):
    """A mistake in the configuration, with the file or the command line that it stands in."""
    said = workflow.config_settings.config
    return WorkflowError(str(in_its_file(error, configurations, said)))


try:
    study = Study(config, configurations, workflow.config_settings.config)
except ConfigurationError as error:
    raise blamed(error)

adopt_artifacts(workflow)
if not is_module:  # elsewhere in results/ another workflow may have files of its own
    check_before_planning(workflow, partial(check_targets, study.config))

RESULTS = f"results/{study.profile}"
LOGS = f"logs/{study.profile}"
ONE_RUN = "{dataset}/{training}/seed{seed}"
RUN_FOLDER = f"{RESULTS}/{ONE_RUN}"
# how arrays are written is part of every step that writes one
WRITER = "hessian_boundary.artifacts.store"
# A command and no `script:`, because a script's modification time makes Snakemake run it again.
# `exec`: SLURM's SIGTERM would end a shell in between, and with it the job before it has saved.
RUN = "exec {params.python:q} -m hessian_study.jobs.run_job {params.job_file:q} > {log:q} 2>&1"


onstart:  # not called in a module: there, each job imports its libraries itself
    if workflow.is_main_process and workflow.local_exec:
        without_rate_limit(workflow.scheduler)
        start_warm_process()


# in a SLURM job, which runs a group of steps; there, Snakemake calls no hooks
if workflow.remote_exec and "SLURM_STEP_ID" in os.environ:
    start_warm_process()


wildcard_constraints:
    dataset="[a-z][a-z0-9_]*",
    training=TRAINING,
    seed=r"\d+",
    view=VIEWS,


def start_here(wildcards, input):
    """What starts the Python of a job, in one process."""
    return [*PYTHON]


def start_in_processes(name):
    """The same of jobs that may run in several processes (`jobs/launch.py`), by their rule."""

    def start(wildcards, input):
        asked = getattr(rules, name).rule.resources
        return start_of_command({key: asked[key].raw for key in asked})

    return start


def job(step, settings, code=lambda wildcards: [], about=None, start=start_here):
    """The params of a rule that runs a step.

    `spec` is all that its result depends on besides its inputs, as one value for Snakemake to
    compare: of several it would not notice that two changed places. Through JSON its keys come in
    one order, and what has no lasting text is refused. The other params are not compared, because
    they ask for the inputs. `settings` and `code` (further modules) are functions of the wildcards;
    so is `about`, the name under which Snakemake's report shows the result, or it is that name.
    `start` gives what the command begins with.
    """

    def spec(wildcards):
        modules = [f"hessian_study.steps.{step}", WRITER, *code(wildcards)]
        content = {
            "step": step,
            "modules": modules,
            "code": code_digest(*modules),
            "settings": settings(wildcards),
            "wildcards": dict(wildcards.items()),
        }
        return json.loads(json.dumps(content, sort_keys=True))

    def written_job_file(wildcards, input, output):
        path = job_file(LOGS, step, output[0])
        # Snakemake asks for the params a last time when it starts the job, with the results locked
        if workflow.scheduler is not None and not workflow.dryrun:
            content = {"spec": spec(wildcards), **described(input, output)}
            write_job_file(path, content)
        return path

    return {
        "spec": spec,
        "job_file": written_job_file,
        "python": start,
        "caption": lambda wildcards, input: shown_caption(
            about(wildcards) if callable(about) else about
        ),
    }


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


def explain(name):
    """Let `snakemake --list-target-rules` say what a target is."""
    getattr(rules, name).rule.docstring = caption(name).title


def shown_caption(name):
    """What Snakemake's report says of a result: its caption, else what its rule says of itself."""
    if name is None:
        return {}
    shown = caption(name)
    if not shown.text:
        shown = Caption(getattr(rules, name).rule.docstring)
    return {"title": shown.title, "body": shown.restructured_text}


def in_report(category, files, *kinds):
    """Mark the files of some kinds for `snakemake --report`, with the caption of the params."""

    def labels(file):
        return lambda wildcards, params: {
            "title": params.caption["title"],
            "file": file.format(**wildcards),
        }

    marked = {
        kind: report(
            files[kind],
            caption="../report/caption.rst",
            category=category,
            labels=labels(os.path.basename(files[kind])),
        )
        for kind in kinds
        if kind in files
    }
    return {**files, **marked}
