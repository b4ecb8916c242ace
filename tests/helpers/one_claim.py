"""A claim as it stands in the list, and the targets that it may name."""

ENTRY = {"where": "Section 3", "says": "It holds.", "figures": ["fig01"], "checks": ["a/b:g < 1"]}
TARGETS = ["fig01", "fig02", "table1"]
