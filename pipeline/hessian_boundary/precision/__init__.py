"""G_θ of the same network in several arithmetics."""
