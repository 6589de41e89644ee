"""Verdicts against the truth."""
