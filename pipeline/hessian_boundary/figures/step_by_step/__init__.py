"""Figure 4: the method step by step on one dimension."""
