"""Figures inside the page: every pixel and colour, as text."""

import base64
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile

# pixels, as wide as the project's figures are (7 inches at 300 dpi): scaled down, they would be
# smoothed and take more bytes, not fewer
WIDTH = 2100
# lossless, and of its settings the one after which more time hardly saves bytes: a palette of 256
# colours is smaller still but draws steps into the colour maps, and takes three times longer
EFFORT = {"lossless": True, "quality": 20, "method": 1}


@dataclass(frozen=True)
class Picture:
    """An image as a data URI with its size in pixels."""

    uri: str
    width: int
    height: int


def embed(image: bytes, width: int = WIDTH) -> Picture:
    """Return the image as WebP of at most `width` pixels, every colour as it was.

    Raises ValueError when the bytes are no image.
    """
    picture = _decode(image)
    if picture.width > width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    picture.save(buffer, "WEBP", **EFFORT)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(f"data:image/webp;base64,{text}", picture.width, picture.height)


def _decode(image: bytes) -> Image.Image:
    """Read an image in memory; a parser is fed, since no file is opened here."""
    parser = ImageFile.Parser()
    try:
        parser.feed(image)
        return _on_white(parser.close())
    except OSError as error:
        raise ValueError(
            f"expected a PNG image, found {len(image)} bytes that are none ({error}); delete the "
            "figure and run its rule again"
        ) from error


def _on_white(picture: Image.Image) -> Image.Image:
    picture = picture.convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")
