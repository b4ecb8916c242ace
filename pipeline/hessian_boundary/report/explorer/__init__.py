"""The part of the page where a reader turns alignment maps through."""
