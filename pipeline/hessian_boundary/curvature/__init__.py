"""The matrices and their eigenpairs: H, its Gauss-Newton part, the covariance of gradients."""
