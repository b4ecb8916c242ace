"""The decision boundary on the plane: exact pieces, distances and margins."""
