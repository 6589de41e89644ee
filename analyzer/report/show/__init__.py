"""One packet, layer by layer: its fields, its bytes, and what is wrong with them."""
