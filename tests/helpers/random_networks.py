"""Hypothesis strategies: networks from a grammar of layers, and small data for them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from helpers.random_blocks import KEEPING, LAYERS, WRAPPERS, Own
from helpers.random_image_blocks import IMAGE

Block = tuple[str, int, tuple[str, ...]]  # name, new width, wrappers


@dataclass(frozen=True)
class Recipe:
    """A network that is the same each time it is built; printed where an example fails."""

    inputs: tuple[int, ...]  # features, or channels and size; () for indices of an embedding
    images: tuple[str, ...]
    blocks: tuple[Block, ...]
    head: str
    classes: int
    confidence: float  # factor of the last layer
    seed: int

    def build(self) -> nn.Module:
        """Build it in eval mode and float64."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            parts: list[nn.Module] = []
            value = torch.randn(2, *self.inputs) if self.inputs else torch.zeros(2, 3).long()
            for make in self._makers():
                parts.append(make(value).eval())
                value = parts[-1](value.clone()).detach()
            last = nn.Linear(
                value.shape[1], 1 if self.head.startswith("one logit") else self.classes
            )
            with torch.no_grad():
                for parameter in last.parameters():
                    parameter.mul_(0 if self.head == "zero" else self.confidence)
        network = nn.Sequential(*parts, last)
        if self.head == "one logit, squeezed":
            network.append(nn.Flatten(0))
        if self.head == "own module":
            network = Own(lambda net, x: net.parts["all"](x), all=network)
        if self.head == "list of modules":
            network = Listed(network)
        return network.double().eval()

    def _makers(self) -> list[Callable[[Tensor], nn.Module]]:
        makers: list[Callable[[Tensor], nn.Module]] = []
        if not self.inputs:
            makers += [lambda _: nn.Embedding(5, 2), lambda _: nn.Flatten()]
        makers += [lambda value, name=name: image_part(name, value) for name in self.images]
        if len(self.inputs) == 3:
            view = Own(lambda net, x: x.view(x.size(0), -1))
            makers.append(lambda _: view if self.head == "own module" else nn.Flatten())
        return makers + [lambda value, block=block: part(block, value) for block in self.blocks]


class Listed(nn.Module):
    """Parts in a list, one after the other."""

    def __init__(self, parts: nn.Sequential) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x


def image_part(name: str, value: Tensor) -> nn.Module:
    # what the image has become too small for is left out
    return IMAGE[name](value.shape[1]) if 4 <= value.shape[2] <= 6 else nn.Identity()


def part(block: Block, value: Tensor) -> nn.Module:
    name, out, wrappers = block
    width = value.shape[1]
    module = LAYERS[name](width, out) if name in LAYERS else KEEPING[name](width)
    for wrapper in wrappers:
        module = WRAPPERS[wrapper](module)
    return module


def blocks(layers: list[str], keeping: list[str], wrappers: list[str]) -> st.SearchStrategy:
    wrapped = (
        st.lists(st.sampled_from(wrappers), max_size=2).map(tuple) if wrappers else st.just(())
    )
    names = st.one_of(st.sampled_from(layers), st.sampled_from(keeping))
    # three of four blocks are not wrapped
    wrapped = st.one_of(st.just(()), st.just(()), st.just(()), wrapped)
    return st.lists(st.tuples(names, st.integers(1, 4), wrapped), max_size=4).map(tuple)


HEADS = (
    "plain",
    "plain",
    "own module",
    "list of modules",
    "zero",
    "one logit",
    "one logit, squeezed",
)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Any network of the grammar."""
    kind = draw(st.sampled_from(["features", "features", "features", "image", "indices"]))
    inputs = {
        "features": st.integers(1, 4).map(lambda count: (count,)),
        "image": st.sampled_from([(1, 5, 5), (2, 4, 4)]),
        "indices": st.just(()),
    }[kind]
    head = draw(st.sampled_from(HEADS))
    images = st.lists(st.sampled_from(sorted(IMAGE)), min_size=1, max_size=4).map(tuple)
    return Recipe(
        inputs=draw(inputs),
        images=draw(images) if kind == "image" else (),
        blocks=draw(blocks(sorted(LAYERS), sorted(KEEPING), sorted(WRAPPERS))),
        head=head,
        classes=2 if head.startswith("one logit") else draw(st.integers(2, 5)),
        confidence=draw(st.sampled_from([1.0, 1.0, 0.1, 5.0, 40.0, 300.0])),
        seed=draw(st.integers(0, 10_000)),
    )


@st.composite
def layered_recipes(draw: st.DrawFn) -> Recipe:
    """A network that the fast products treat: dense layers, convolutions, ReLU and pooling."""
    image = draw(st.booleans())
    known = ["convolution", "strides and padding", "dilation", "maximum", "maximum with padding",
             "mean", "relu"]  # fmt: skip
    images = st.lists(st.sampled_from(known), min_size=1, max_size=5).map(tuple)
    layers = ["dense", "dense without bias", "dense twice"]
    return Recipe(
        inputs=(draw(st.integers(1, 2)), 5, 5) if image else (draw(st.integers(1, 4)),),
        images=draw(images) if image else (),
        blocks=draw(blocks(layers, ["ReLU", "ReLU", "Identity"], [])),
        head=draw(st.sampled_from(["plain", "zero", "plain"])),
        classes=draw(st.integers(2, 5)),
        confidence=draw(st.sampled_from([1.0, 0.1, 5.0, 40.0])),
        seed=draw(st.integers(0, 10_000)),
    )


@st.composite
def samples(draw: st.DrawFn, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Inputs x (n, …) float64, or indices, with labels y (n,): some large, equal or zero."""
    count = draw(st.integers(1, 9))
    generator = np.random.default_rng(draw(st.integers(0, 10_000)))
    y = torch.from_numpy(generator.integers(recipe.classes, size=count))
    if not recipe.inputs:
        return torch.from_numpy(generator.integers(5, size=(count, 3))), y
    x = generator.normal(size=(count, *recipe.inputs))
    x[0] *= draw(st.sampled_from([1.0, 1.0, 30.0, 1e-3, 0.0]))
    if draw(st.booleans()):
        x[-1] = x[0]  # with another label, mostly
    return torch.from_numpy(x), y
