"""The commands of `hessian-boundary`."""
