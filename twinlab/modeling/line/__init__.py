"""A factory line in continuous time."""
