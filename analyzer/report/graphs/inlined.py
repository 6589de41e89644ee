"""What a page needs that is one file, with the graphs in it: plotly.js, and a policy that lets nothing else run or be loaded."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files


def library() -> str:
    """plotly.js, as the plotly package brings it along; only read, since importing that package is slow."""
    text = (files("plotly") / "package_data" / "plotly.min.js").read_text("utf-8").replace("\r\n", "\n")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def policy(*scripts: str) -> str:
    """A Content Security Policy (CSP level 3) that lets these inline scripts run and nothing else, and loads nothing."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts if one)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
