"""A capture that is growing, for people: the screen, and one line of text for each event."""
