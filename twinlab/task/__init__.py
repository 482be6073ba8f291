"""Task, floor 7: the decisions that a twin supports, each in three parts: describe, predict, prescribe."""
