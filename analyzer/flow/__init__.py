"""Columns of headers in, conversations out: who talked to whom, and what TCP did in it."""
