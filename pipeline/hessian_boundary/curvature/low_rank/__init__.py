"""All non-zero eigenpairs by way of a basis of the range."""
