"""The certificates of a boundary refuse what is a little wrong and pass what is right."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from helpers.plane_networks import WINDOW
from hessian_boundary.boundary.exact import exact_boundary
from hessian_boundary.certificates.boundary import certify_boundary
from hessian_boundary.certificates.certificate import CertificateError


def boundary_network() -> nn.Sequential:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(2, 12), nn.ReLU(), nn.Linear(12, 3)).double()
    with torch.no_grad():
        network[2].bias.zero_()
    return network


def test_a_boundary_that_is_shifted_a_little_is_refused() -> None:
    network = boundary_network()
    boundary = exact_boundary(network, WINDOW)
    assert boundary.sizes["piece"] > 3
    names = json.loads(boundary.attrs["checks"])
    assert set(names) == {"logits on the boundary", "classes beside the boundary"}
    shifted = boundary.assign(start=boundary["start"] + 1e-6, end=boundary["end"] + 1e-6)
    with pytest.raises(CertificateError, match="logits on the boundary failed"):
        certify_boundary(network, shifted, 0)


def test_classes_on_the_wrong_sides_are_refused() -> None:
    network = boundary_network()
    boundary = exact_boundary(network, WINDOW)
    turned = boundary.assign(
        classes=(boundary["classes"].dims, boundary["classes"].values[:, ::-1])
    )
    with pytest.raises(CertificateError, match="classes beside the boundary failed"):
        certify_boundary(network, turned, 0)


def test_no_boundary_has_nothing_to_check() -> None:
    network = nn.Sequential(nn.Linear(2, 3)).double()
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].bias.copy_(torch.arange(3.0))
    boundary = exact_boundary(network, WINDOW)
    assert boundary.sizes["piece"] == 0
    assert boundary.attrs["checks"] == "{}"
    assert np.isfinite(boundary["start"]).all()
