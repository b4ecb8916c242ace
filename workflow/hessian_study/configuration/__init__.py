"""config.yaml and study files: read, completed, checked and asked about."""
