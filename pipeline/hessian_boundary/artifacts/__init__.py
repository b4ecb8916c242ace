"""Arrays and tables in files: schemas, Zarr archives, writing whole or not at all."""
