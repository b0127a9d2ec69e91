"""What a bundle must agree with: itself, its predictions, the plugins, and the corpus."""
