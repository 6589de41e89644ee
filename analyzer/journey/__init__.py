"""What the user waited for: conversations put together into journeys, from the name lookup to the last byte."""
