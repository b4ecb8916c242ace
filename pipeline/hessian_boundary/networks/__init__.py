"""Networks as the science sees them: built, stored, copied, with their samples as a problem."""
