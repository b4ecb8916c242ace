"""The study as a workflow around `hessian_boundary`: configuration, steps, provenance, commands."""
