"""What the quantities are that checks, tables and figures compare, in a line each."""

import re

MEANINGS = {
    "g_theta_max": "G_θ, Eq. 6, with the maximum over samples",
    "g_theta_mean": "G_θ, Eq. 6, with the mean over samples",
    "epsilon": "ε, the threshold of G_θ: largest alignment with random directions",
    "trace": "trace of the Hessian",
    "trace_by_samples": "trace of the Hessian, summed over samples without its spectrum",
    "lambda_max": "largest eigenvalue of the Hessian",
    "lambda_min": "smallest eigenvalue of the Hessian",
    "rank": "number of eigenvalues above the rank tolerance",
    "eigenpairs": "number of eigenpairs that were computed, null space left out",
    "not_computed": "number of eigenpairs that were not computed",
    "certificate": "bound of the error of all eigenvalues",
    "resolved_share_min": "share of a gradient's squared length in all eigenvectors, the least",
    "resolved_share_mean": "share of a gradient's squared length in all eigenvectors, on average",
    "samples_without_direction": "samples whose gradient is too short to have a direction",
    "norm_l2": "Euclidean norm of all parameters",
    "norm_published": "sum of the Euclidean norms of the parameter tensors, as published",
    "train_accuracy": "share of training samples that are predicted right",
    "validation_accuracy": "share of validation samples that are predicted right",
    "test_accuracy": "share of test samples that are predicted right",
    "train_error": "share of training samples that are predicted wrong",
    "validation_error": "share of validation samples that are predicted wrong",
    "test_error": "share of fresh samples (simulated data) or test samples predicted wrong",
    "test_error_standard_error": "binomial standard error of the test error",
    "test_samples": "number of samples that the test error is of",
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
    "strong_at_boundary": "share of grid points at the boundary with some |A_i| above 0.5, of the "
    "top five eigenvectors (of a figure: of those that it shows)",
    "strong_elsewhere": "share of all other grid points with some |A_i| above 0.5",
    "boundary_share": "share of grid points that are at the boundary",
    "share_without_direction": "share of grid points whose gradient is too short for a direction",
    "crossings": "neighbouring grid points between which the predicted class changes",
    "strong_crossings": "crossings of the boundary with some |A_i| above 0.5 on both sides",
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
    "share_in_top": "share of a gradient's squared length in the top 25 eigenvectors (of a "
    "figure: in those that it shows), on average",
    "share_resolved": "share of a gradient's squared length in all eigenvectors, on average",
    "strong_near_boundary_*": "share near the boundary of the points with half of the largest "
    "value or more",
    "order_by_margin": "Kendall's τ of an eigenvector's rank with the margin that it encodes",
    "closest_by_first": "1 where the smallest margin is the first eigenvector's, else 0",
    "largest_section": "largest share of the boundary where one |A_i| is above 0.5",
    "section_overlap": "mean over pairs of eigenvectors of what their sections share of both",
    "neighbour_order": "rank correlation of a sample's A_i with its neighbours' in the plane of "
    "t-SNE, mean over those drawn",
    "share_in_first_two": "share of a gradient's squared length in the top two eigenvectors",
    "points_of_first_flips": "at how many boundary points the first two eigenvectors flip most",
    "eigenvectors_with_margin": "of five eigenvectors, those that some sample is aligned with most",
    "gauss_newton_g_theta_*_equal_confidence": "G_θ by the Gauss–Newton part, with all logits "
    "scaled to one confidence",
    "gauss_newton_g_theta_*": "G_θ by all eigenvectors of the Gauss–Newton part of the Hessian",
    "gauss_newton_rank": "number of eigenvalues of the Gauss–Newton part that are not zero",
    "gauss_newton_resolved_share_min": "share of a gradient's squared length in the range of the "
    "Gauss–Newton part, the least",
    "float32_*_g_theta_*": "G_θ in the authors' arithmetic, float32",
    "float32_*_gradients_cut": "share of samples whose gradient has no direction in float32",
    "participation": "how many eigenvectors a training gradient spreads over, on average",
    "class_coherence": "1 where all gradients of a class have the same alignments with the top 25 "
    "eigenvectors (of a figure: with those that it shows)",
    "own_boundary_alignment": "alignment at the boundary around the class whose loss is taken",
    "other_boundary_alignment": "alignment at the boundary between the other classes",
    "boundary_points": "number of boundary points on the line",
    "agreement_with_first_row": "share of grid points that are predicted alike",
    "largest_*_on_grid": "largest |alignment| on the grid with such a direction",
    "share_above_0.1_*": "share of grid points where the largest |value| drawn is above 0.1",
    "A_*_flip": "the smaller |A_i| of both sides of a boundary point where A_i changes its sign",
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
