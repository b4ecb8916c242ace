"""Tables for reading: means over seeds, in Markdown and LaTeX."""
