"""Products with the Hessian, and the Hessian itself."""
