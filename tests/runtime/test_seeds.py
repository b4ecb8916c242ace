"""Seeds that are derived from names: another for each, the same everywhere."""

from hessian_boundary.runtime.seeds import derive_seed


def test_derived_seeds_depend_on_every_name_and_nothing_else():
    seed = derive_seed(0, "gaussian/normal", "shuffling")
    assert seed == derive_seed(0, "gaussian/normal", "shuffling")
    assert 0 <= seed < 2**63
    others = [
        derive_seed(1, "gaussian/normal", "shuffling"),
        derive_seed(0, "gaussian/other", "shuffling"),
        derive_seed(0, "gaussian/normal", "initialisation"),
    ]
    assert len({seed, *others}) == 4


def test_derived_seed_is_the_same_in_every_interpreter():
    # first 8 bytes of SHA-256("a/1"), shifted right by one bit; from the tool sha256sum
    assert derive_seed("a", 1) == 0x773232ABE9343F0E >> 1
