"""The captures of pcaps/, one module for each kind of phenomenon; scripts/make_pcaps.py writes them."""
