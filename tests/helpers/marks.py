"""Marks of tests that take long."""

import pytest

# left out of CI: what they show, others show as well, or they wait for somebody else's delays
THOROUGH = [pytest.mark.slow, pytest.mark.thorough]
