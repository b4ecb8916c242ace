"""What the quantities are that checks, tables and figures compare, in a line each."""

import re

MEANINGS = {
    "g_theta_max": "G_θ, Eq. 6, with the maximum over samples",
    "g_theta_mean": "G_θ, Eq. 6, with the mean over samples",
    "epsilon": "ε, the threshold of G_θ: largest alignment with random directions",
    "trace": "trace of the Hessian",
    "lambda_max": "largest eigenvalue of the Hessian",
    "lambda_min": "smallest eigenvalue of the Hessian",
    "rank": "number of eigenvalues above the rank tolerance",
    "norm_l2": "Euclidean norm of all parameters",
    "norm_published": "sum of the Euclidean norms of the parameter tensors, as published",
    "train_accuracy": "share of training samples that are predicted right",
    "validation_accuracy": "share of validation samples that are predicted right",
    "test_accuracy": "share of test samples that are predicted right",
    "train_error": "share of training samples that are predicted wrong",
    "validation_error": "share of validation samples that are predicted wrong",
    "test_error": "share of fresh samples (simulated data) or test samples predicted wrong",
    "epochs": "epochs of training",
    "parameters": "number of parameters",
    "outliers_gap": "outliers of the spectrum, counted by the widest gap above a power-law bulk",
    "outliers_edge": "outliers of the spectrum, counted by the mirror image of its negative part",
    "pieces": "linear pieces of the exact decision boundary in the window, collinear ones joined",
    "visible_pieces": "straight pieces of the decision boundary within 1 % of the window",
    "segments": "segments of the exact decision boundary in the window, one per activation region",
    "parts": "connected parts of the exact decision boundary",
    "length": "length of the exact decision boundary",
    "turning": "total turning angle along the exact decision boundary",
    "margin_true": "smallest distance of a training sample from the exact boundary",
    "margin_estimated": "margin estimated from the top eigenvector, Appendix I.3",
    "alignment_at_boundary": "mean over grid points at the boundary of the largest |A_i| drawn",
    "alignment_elsewhere": "mean over all other grid points of the largest |A_i| drawn",
    "strong_at_boundary": "share of grid points at the boundary with some |A_i| above 0.5",
    "switch_share": "share of strong crossings of the boundary where A_i changes its sign",
    "alignment_by_distance": "Kendall's τ of a sample's distance to the boundary and alignment",
    "contrast": "alignment at the boundary minus alignment elsewhere, top five eigenvectors",
    "gradients_contrast_high": "95th percentile of the contrast of five random training gradients",
    "gradients_strong_at_boundary_high": "95th percentile of strong_at_boundary with five random "
    "training gradients for eigenvectors",
    "outside_contrast": "contrast of the five principal directions of gradients off the boundary",
    "outside_strong_at_boundary": "strong_at_boundary with the five principal directions of "
    "gradients off the boundary for eigenvectors",
    "fall_off": "by how much alignment is smaller at 10 to 20 % of the window from the boundary",
    "eigenvectors_with_section": "of five eigenvectors, those that mark 5 % of the boundary",
    "largest_off_boundary": "largest distance from the boundary, in grid steps, of the point where "
    "an |A_i| is largest",
    "expansion_ratio": "median of L(θ + ĝ) over half the sum of λ_i A_i²",
    "expansion_order": "Kendall's τ of L(θ + ĝ) and half the sum of λ_i A_i²",
    "expansion_loss": "training loss, which the expansion takes to be zero",
    "share_in_top": "share of a gradient's squared length in the top 25 eigenvectors, on average",
    "strong_near_boundary_*": "share near the boundary of the points with half of the largest "
    "value or more",
    "order_by_margin": "Kendall's τ of an eigenvector's rank with the margin that it encodes",
    "participation": "how many eigenvectors a training gradient spreads over, on average",
    "class_coherence": "1 where all gradients of a class have the same alignments",
    "own_boundary_alignment": "alignment at the boundary around the class whose loss is taken",
    "other_boundary_alignment": "alignment at the boundary between the other classes",
    "boundary_points": "number of boundary points on the line",
    "agreement_with_first_row": "share of grid points that are predicted alike",
    "largest_*_on_grid": "largest |alignment| on the grid with such a direction",
    "share_above_0.1_*": "share of grid points where the largest |value| drawn is above 0.1",
    "A_*_flip": "how strongly A_i changes its sign at a boundary point",
    "beta_*": "|cosine| of the i-th eigenvectors of the Hessian and of the gradient covariance",
    "overlap_of_first_*": "overlap of the subspaces of the first i eigenvectors of H and Σ",
    "*_ratio": "ratio to the first row of the figure",
    "*_at_least": "lower bound of this quantity, from the part of the spectrum that was computed",
    "*_at_most": "upper bound of this quantity, from the part of the spectrum that was computed",
    "*_low": "lower end of the interval of this quantity",
    "*_high": "upper end of the interval of this quantity",
}


def meaning(quantity: str) -> str:
    """Return what a quantity is; "" for one that is not listed. `*` stands for any text."""
    if quantity in MEANINGS:
        return MEANINGS[quantity]
    for pattern, text in MEANINGS.items():
        if "*" in pattern and re.fullmatch(re.escape(pattern).replace(r"\*", ".+"), quantity):
            return text
    return ""
