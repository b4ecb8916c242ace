"""The study as a workflow: configuration, steps, provenance and commands around `hessian_boundary`."""
