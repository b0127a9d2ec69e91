"""What makes the networks fast, and changes nothing else: read `neural` without it to see the method."""
