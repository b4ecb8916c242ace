"""What might have been meant."""

from hessian_boundary.wording.suggestion import suggestion


def test_the_nearest_name_or_all_or_none() -> None:
    assert suggestion("lanzcos", ["lanczos", "range"]) == "did you mean 'lanczos'?"
    assert suggestion("qr", ["range", "lanczos"]) == "known: lanczos, range"
    assert suggestion("width", ["epochs", "a.width"]) == "did you mean 'a.width'?"
    assert suggestion("qr", []) == "there is none to name here"
