"""Names, numbers and sentences as a reader wants them."""
