"""Pictures of runs, plans and lines."""
