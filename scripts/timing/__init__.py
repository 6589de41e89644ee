"""How right the phases of a journey are: against curl's own times, and against what a key log shows."""
