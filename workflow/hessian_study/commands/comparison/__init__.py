"""`inspect compare`: how two artifacts differ, and why."""
