"""Pulled-back cotangents J_sᵀ u of a network's logits, at some of its parameters.

They are made from the inputs and output derivatives of the layers that the parameters belong to.
Networks for which that does not hold take automatic differentiation with respect to the tensors
that are touched: of many samples at once, and of what cannot be vectorised one after the other.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.func import vjp, vmap

from hessian_boundary.certificates.plain import differentiable
from hessian_boundary.gradients.factored import (
    inputs_by_position,
    outputs_by_position,
    record_layers,
)
from hessian_boundary.networks.parameters import (
    functional_logits,
    trainable_parameters,
)
from hessian_boundary.networks.structure import LAYERS, sequence
from hessian_boundary.runtime.device import is_out_of_memory

BATCH = 128  # samples at a time, at most
CHUNK_BYTES = 2**27  # of the whole tensors that rows are cut from

# samples (b, feature…), cotangents (b, K, C), columns -> rows (b · K, columns)
Rows = Callable[[Tensor, Tensor, slice], Tensor]


def layered_rows(module: nn.Module) -> Rows:
    """Return the rows of a network that `structure.why_not_factored` has nothing against.

    Of a layer with inputs h[t] and output derivatives δ[t] at positions t (a dense layer of vectors
    has one), the entries are Σ_t δ[t] ⊗ h[t] for the weight and Σ_t δ[t] for the bias.
    """
    layers = [part for part in sequence(module) if type(part) in LAYERS]
    tensors = [(layer, tensor) for layer in layers for tensor in layer.parameters()]

    def rows(x: Tensor, cotangents: Tensor, columns: slice) -> Tensor:
        touched = [(*tensors[i], part) for i, part in _overlaps(module, columns)]
        used = list(dict.fromkeys(layer for layer, _, _ in touched))
        inputs, outputs, logits = record_layers(module, used, x)
        of_dyads = [
            torch.autograd.grad(logits, outputs, cotangent, retain_graph=True)
            for cotangent in cotangents.unbind(1)
        ]
        positions = {
            layer: (
                inputs_by_position(layer, h),
                torch.stack([outputs_by_position(layer, d) for d in deltas], dim=1),
            )
            for layer, h, deltas in zip(used, inputs, zip(*of_dyads, strict=True), strict=True)
        }
        found = []
        for layer, tensor, part in touched:
            h, delta = positions[layer]
            weight = tensor is layer.weight
            found.append(_weight_rows(h, delta, part) if weight else delta[..., part].sum(2))
        return torch.cat(found, dim=-1).flatten(0, 1)

    return rows


def any_rows(module: nn.Module) -> Rows:
    """Return the rows of any network: `mapped_rows`, or `looped_rows` once those raise."""
    ways = [mapped_rows(module), looped_rows(module)]

    def rows(x: Tensor, cotangents: Tensor, columns: slice) -> Tensor:
        if len(ways) > 1:
            try:
                return ways[0](x, cotangents, columns)
            except Exception as error:  # whatever a user's network does under vectorisation
                if is_out_of_memory(error):
                    raise
                del ways[0]
        return ways[0](x, cotangents, columns)

    return rows


def mapped_rows(module: nn.Module) -> Rows:
    """Return the rows of a network, by automatic differentiation vectorised over samples."""
    logits = functional_logits(module)
    theta = tuple(parameter.detach() for parameter in trainable_parameters(module))

    def rows(x: Tensor, cotangents: Tensor, columns: slice) -> Tensor:
        touched = dict(_overlaps(module, columns))

        def of_sample(sample: Tensor, cotangents: Tensor) -> Tensor:
            def output(chosen: tuple[Tensor, ...]) -> Tensor:
                moved = dict(zip(touched, chosen, strict=True))
                return logits([moved.get(i, value) for i, value in enumerate(theta)], sample[None])

            pull_back = vjp(output, tuple(theta[i] for i in touched))[1]
            (parts,) = vmap(pull_back)(cotangents[:, None])
            cut = [
                part.flatten(1)[:, entries]
                for part, entries in zip(parts, touched.values(), strict=True)
            ]
            return torch.cat(cut, dim=1)

        # whole tensors are made before they are cut: fewer samples at a time where they are large
        entries = cotangents.shape[1] * sum(theta[i].numel() for i in touched)
        chunk = max(1, min(BATCH, CHUNK_BYTES // (entries * cotangents.element_size())))
        with differentiable():
            return vmap(of_sample, chunk_size=chunk)(x, cotangents).flatten(0, 1)

    return rows


def looped_rows(module: nn.Module) -> Rows:
    """Return the same rows by one plain backward pass for each of them."""
    parameters = trainable_parameters(module)

    def rows(x: Tensor, cotangents: Tensor, columns: slice) -> Tensor:
        touched = dict(_overlaps(module, columns))
        chosen = [parameters[i] for i in touched]
        found = []
        for sample, of_sample in zip(x, cotangents, strict=True):
            with differentiable():
                logits = module(sample[None].clone())
                for cotangent in of_sample[:, None]:
                    parts = torch.autograd.grad(
                        logits, chosen, cotangent, retain_graph=True, materialize_grads=True
                    )
                    cut = zip(parts, touched.values(), strict=True)
                    found.append(torch.cat([part.flatten()[entries] for part, entries in cut]))
        return torch.stack(found)

    return rows


def _overlaps(module: nn.Module, columns: slice) -> Iterator[tuple[int, slice]]:
    """Yield the index of each parameter tensor that columns of θ touch, and which entries of it."""
    start = 0
    for i, tensor in enumerate(trainable_parameters(module)):
        first = max(columns.start - start, 0)
        last = min(columns.stop - start, tensor.numel())
        if first < last:
            yield i, slice(first, last)
        start += tensor.numel()


def _weight_rows(h: Tensor, delta: Tensor, entries: slice) -> Tensor:
    """Return entries of Σ_t δ[t] ⊗ h[t] (n, K, entries) for h (n, t, in) and δ (n, K, t, out)."""
    inputs = h.shape[-1]
    first, last = entries.start // inputs, -(-entries.stop // inputs)
    whole = torch.einsum("nkto,nti->nkoi", delta[..., first:last], h).flatten(2)
    return whole[..., entries.start - first * inputs : entries.stop - first * inputs]
