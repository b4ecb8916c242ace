"""What made a file, whether it still fits, and what an edit makes stale."""
