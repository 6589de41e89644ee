"""Many connections at once: percentiles by group, objectives that are met or missed, and two captures compared."""
