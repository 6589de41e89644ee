"""Why segments were sent again, what waited behind holes, how long round trips took: beyond Wireshark (VERDICTS.md)."""
