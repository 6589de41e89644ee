"""What scripts/large_capture.py writes: invented traffic as columns, rendered a block of frames at a time."""
