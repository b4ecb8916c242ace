"""`make bench-peers`: the same questions to other libraries."""
