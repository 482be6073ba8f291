"""Formulas and exact methods, beside which a simulation can be laid."""
