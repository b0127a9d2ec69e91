"""What plugin authors subclass, are shown, and return."""
