"""From messages to rows, one file per protocol: what was asked and what was answered, with frames and times."""
