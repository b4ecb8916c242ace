"""Per-sample gradients and their products with directions."""
