"""Every random draw has its own seed, derived from the names of what it is for."""

import hashlib


def derive_seed(*names: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on nothing but `names`.

    Two draws never share a stream by accident, and adding one (another seed, another
    experiment) leaves all others as they were. `hash` would not do: it changes between
    interpreter starts.

    Example: `derive_seed(seed, "gaussian/normal", "shuffling")`.
    """
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
