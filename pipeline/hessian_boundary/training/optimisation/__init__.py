"""One step of an optimiser, for this study's few optimisers and for any of PyTorch's."""
