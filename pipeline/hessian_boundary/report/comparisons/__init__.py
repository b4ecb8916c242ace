"""Our numbers beside published ones, as the page shows them."""
