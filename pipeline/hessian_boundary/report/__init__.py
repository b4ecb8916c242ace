"""The page: claims, published numbers, figures and what they rest on."""
