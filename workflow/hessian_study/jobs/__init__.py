"""How a job of the workflow is started, what it gets, and what it leaves."""
