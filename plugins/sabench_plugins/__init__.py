"""First-party plugins, registered as a stranger's are; they import only public names of sabench."""
