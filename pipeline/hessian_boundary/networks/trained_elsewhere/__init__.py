"""Networks that were trained by other programs, brought in and checked."""
