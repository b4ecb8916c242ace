# What the steps read of the configuration, and which further modules they run. No rules here.


def settings_of(section, *keys):
    """What a step reads of a section, and no more: other keys do not make it again."""
    return lambda wildcards: {key: study.config[section][key] for key in keys}


def generator_code(wildcards):
    generator = study.dataset(wildcards.dataset)["generator"]
    return [f"hessian_boundary.data.generators.{generator}"]


def drawing_settings(wildcards):
    """What fresh samples of a data set are drawn by."""
    entry = study.dataset(wildcards.dataset)
    return {key: entry[key] for key in ("generator", "parameters")}


def drawn_model_code(wildcards):
    return [*generator_code(wildcards), *architecture_code(wildcards)]


def architecture_code(wildcards):
    experiment = study.experiment(wildcards.dataset, wildcards.training)
    name = experiment["architecture"]["name"]
    return [f"hessian_boundary.networks.architectures.{name}"]


def layout_code(wildcards):
    layout = study.selection.figure(wildcards.figure)["layout"]
    return [f"hessian_boundary.figures.layouts.{layout}"]


def profile_note():
    """What figures and tables say about themselves when they are not the full study."""
    if study.profile == "paper" or "paper" not in study.config["profiles"]:
        return ""
    count = len(study.seeds)
    return f"{study.profile} profile, {count} seed{'s' if count > 1 else ''}"


def figure_settings(wildcards):
    return {**study.selection.figure(wildcards.figure), "note": profile_note()}


def table_settings(name):
    settings = {
        "table": name,
        # pairs keep their order in the spec, keys would be sorted
        "rows": list(study.selection.table(name).items()),
        "note": profile_note(),
    }
    return lambda wildcards: settings


def claim_targets():
    return [*study.selection.figures(), *study.config["tables"]]


def claim_settings():
    """Claims name targets: those of this study, and the paper's that it may lack."""
    return {
        "targets": claim_targets(),
        "paper": captioned(),
        "note": profile_note(),
        "drawn_seed": study.config["drawn_seed"],
    }


def figure_summary(name):
    """What the report says about how a figure was made; arrays relative to the results folder."""
    entry = study.selection.figure(name)
    arrays = [path for paths in figure_arrays(name).values() for path in paths]
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
        "seeds": study.seeds,
        **claim_settings(),
        "tables": study.selection.made_tables(),
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
