"""What a target needs: the runs, views and columns behind figures and tables."""
