"""Numbers that say something of one model: G_θ, outliers, traces, test errors."""
