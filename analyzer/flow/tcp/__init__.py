"""What TCP did: one file per phenomenon. WIRESHARK.md holds the rules, verdict.py the names, analysis.py the order of work."""
