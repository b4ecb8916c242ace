"""Text, tables, drawings and images as HTML."""

import io
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from PIL import Image

from helpers.made_up_report import NAN, png
from hessian_boundary.report.html.images import embed
from hessian_boundary.report.html.intervals import interval
from hessian_boundary.report.html.markup import breakable, joined, numeral, prose, table_view
from hessian_boundary.wording.sentences import listed


def test_text_is_escaped_and_indices_are_lowered() -> None:
    assert prose("**<b>** & G_θ, λ_max, MNIST-17, -179, g_theta_max, fig/A_1") == (
        "<strong>&lt;b&gt;</strong> &amp; G<sub>θ</sub>, λ<sub>max</sub>, MNIST-17, -179, "
        "g_theta_max, fig/A_1"
    )
    assert prose("A_2_flip by `probes <b>`") == "A_2_flip by <code>probes &lt;b&gt;</code>"
    assert numeral("-1.5 ± 2 [-3, 1e-4]") == "−1.5 ± 2 [−3, 1e-4]"
    assert joined(numeral("0.2 ± 0.1 [-3, 1 × 10⁻⁹], p < 0.1")) == (
        "0.2 ±\u00a00.1 [−3, 1\u00a0×\u00a010⁻⁹], p &lt;\u00a00.1"
    )
    assert breakable("a/b:<c_d") == "a/<wbr>b:<wbr>&lt;c_<wbr>d"
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")


def test_a_table_opens_a_group_where_its_first_label_changes() -> None:
    table = table_view(pd.DataFrame({"a": ["x", "x", "y"], "b": [1.0, NAN, 1e-9]}), 1, "c & d")
    assert [table.opens_group(row) for row in range(3)] == [True, False, True]
    assert table.rows[1] == ("x", "–")
    assert table.rows[2][1] == "1 × 10⁻⁹"
    drawn = table.with_column(1, Markup("<i>h</i>"), [Markup(c) for c in "123"])
    assert drawn.columns == ("a", "<i>h</i>", "b")
    assert drawn.rows[2] == ("y", "3", "1 × 10⁻⁹")


def test_an_interval_lies_where_its_numbers_are() -> None:
    svg = interval(0.5, -0.5, 2.0, limit=1, band=0.25)
    assert 'circle cx="150.0"' in svg  # the axis is 200 wide
    assert "M50.0 8H200.0" in svg  # cut off at the end of the axis
    assert 'x="75.0"' in svg
    assert 'width="50"' in svg
    assert "circle" not in interval(-3, NAN, NAN, limit=1)
    assert "beyond" in interval(-3, NAN, NAN, limit=1)
    assert interval(NAN, NAN, NAN, limit=1) == ""


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(uri.removeprefix("data:image/webp;base64,"))))


def test_images_are_cut_to_size_and_keep_their_colours() -> None:
    picture = embed(png(2000, 500), width=400)
    image = decoded(picture.uri)
    assert (picture.width, picture.height) == image.size == (400, 100)
    wanted = Image.open(io.BytesIO(png(2000, 500))).resize((400, 100), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(image.convert("RGB"), wanted)
    assert embed(png(50, 20)).width == 50  # never enlarged


def test_transparency_becomes_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(buffer, "PNG")
    assert decoded(embed(buffer.getvalue()).uri).convert("RGB").getpixel((0, 0)) == (255,) * 3


@pytest.mark.parametrize("damaged", [b"", b"not an image", png(50, 50)[:200]])
def test_what_is_no_image_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match=r"expected a PNG image, found \d+ bytes"):
        embed(damaged)
