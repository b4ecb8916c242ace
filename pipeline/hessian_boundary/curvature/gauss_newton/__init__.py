"""All eigenpairs of the Gauss-Newton part from the rows of its factor, for any size."""
