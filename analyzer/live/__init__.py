"""LIVE: rows as they come, from a capture that is still growing; all state is capped."""
