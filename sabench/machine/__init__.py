"""This computer: whole files, cache folders, processes, devices."""
