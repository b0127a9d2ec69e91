"""What a small network is trained for: emotions alone, or emotions while speakers become hard to tell."""
