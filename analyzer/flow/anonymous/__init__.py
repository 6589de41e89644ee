"""Captures that can be given away: the same conversations between replaced hosts, about nothing.

What stays: times and lengths of frames; which headers they have, ports, TCP sequence numbers, flags, windows, time stamps and
SACK; TTL, IP identification, fragments, VLANs; types of ICMP messages and the headers that they quote. So everything that is
judged of TCP stays: losses, round trips, stalls, who waited for whom. Of applications stays what is needed to follow them: record
types and lengths of TLS, versions, cipher suites and extensions of its hellos; the structure of DNS messages; start lines,
framing and common fields of HTTP heads, with its dates.

What is replaced, the same by the same: IP addresses so that two that share a prefix still do (Crypto-PAn, Xu et al. 2002; special
addresses stay in their class, private ones private), MAC addresses, names label by label with the same length (DNS, SNI, Host),
session identifiers and keys. A different key gives different replacements.

What is gone: everything else. The rule is to deny: an anonymous frame begins as zeros, and only what is understood is put into
it. So all payload, certificates, unknown protocols and options, source routes, rare link layers and tunnels with all in them,
padding, frame check sequences, comments, names of interfaces and hosts and decryption secrets are gone. Checksums are right where
they were right, wrong where they were wrong, and zero where nobody can tell.

By chance, one address in some thousand keeps its last bits under a key: bits of Crypto-PAn depend on each other.

What it cannot hide: who talks how often, how long and how much with whom; ports; sizes, which may tell what was fetched; the
time. Crypto-PAn gives way to those who know some of the real addresses, or can put packets of their own into the capture.
"""

from .anonymizer import Anonymizer

__all__ = ["Anonymizer"]
