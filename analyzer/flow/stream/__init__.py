"""Byte streams out of TCP segments: put in order by sequence numbers alone, whatever the verdicts of flow.tcp are."""
