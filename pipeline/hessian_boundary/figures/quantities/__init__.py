"""Numbers on axes and as colours of points, for figures of measures."""
