"""Finding plugins, validating what users set, and from a method's name to its parts."""
