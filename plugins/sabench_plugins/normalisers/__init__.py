"""Speaker normalisers."""
