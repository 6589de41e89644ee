"""A laboratory for `analyzer live`: its rows against those of files, load until packets are lost, long runs, and faults."""
