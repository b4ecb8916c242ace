"""The paper's statements as rules, judged by the numbers of a run."""
