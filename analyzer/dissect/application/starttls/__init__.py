"""Protocols that begin in the clear and may go on in TLS on the same connection.

Nothing of them is read but what leads there: one file per protocol says how to know it, where its messages end, and which two of
them, a request and a consent, TLS begins behind. negotiation.py does the rest.
"""
