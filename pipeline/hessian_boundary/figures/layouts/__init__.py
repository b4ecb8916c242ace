"""How figures of an experiment are laid out: what a configuration's `layout` names."""
