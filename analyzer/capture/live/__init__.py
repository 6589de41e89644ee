"""LIVE: the bytes of a pcapng file as interfaces capture them; everything else reads them as it would the written file."""
