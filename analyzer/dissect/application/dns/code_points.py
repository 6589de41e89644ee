"""What the numbers in DNS messages are called: types, classes, response codes, operations (IANA "DNS parameters").

Unknown types are TYPE123 (RFC 3597 section 5).
"""

from __future__ import annotations

from typing import Final

A: Final = 1
NS: Final = 2
CNAME: Final = 5
SOA: Final = 6
PTR: Final = 12
MX: Final = 15
TXT: Final = 16
AAAA: Final = 28
SRV: Final = 33
NAPTR: Final = 35
OPT: Final = 41
DS: Final = 43
RRSIG: Final = 46
NSEC: Final = 47
DNSKEY: Final = 48
NSEC3: Final = 50
NSEC3PARAM: Final = 51
TLSA: Final = 52
CDS: Final = 59
CDNSKEY: Final = 60
SVCB: Final = 64
HTTPS: Final = 65
CAA: Final = 257

TYPES: Final = {
    A: "A", NS: "NS", CNAME: "CNAME", SOA: "SOA", 11: "WKS", PTR: "PTR", 13: "HINFO", MX: "MX", TXT: "TXT", 17: "RP",
    18: "AFSDB", 24: "SIG", 25: "KEY", AAAA: "AAAA", 29: "LOC", SRV: "SRV", NAPTR: "NAPTR", 36: "KX", 37: "CERT",
    39: "DNAME", OPT: "OPT", 42: "APL", DS: "DS", 44: "SSHFP", 45: "IPSECKEY", RRSIG: "RRSIG", NSEC: "NSEC",
    DNSKEY: "DNSKEY", 49: "DHCID", NSEC3: "NSEC3", NSEC3PARAM: "NSEC3PARAM", TLSA: "TLSA", 53: "SMIMEA", 55: "HIP",
    CDS: "CDS", CDNSKEY: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", SVCB: "SVCB", HTTPS: "HTTPS", 99: "SPF",
    108: "EUI48", 109: "EUI64", 249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY", 256: "URI", CAA: "CAA",
    32768: "TA", 32769: "DLV",
}  # fmt: skip
CLASSES: Final = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
OPCODES: Final = {0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE", 6: "DSO"}
RCODES: Final = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET",
    8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 11: "DSOTYPENI", 16: "BADVERS", 17: "BADKEY", 18: "BADTIME", 19: "BADMODE",
    20: "BADNAME", 21: "BADALG", 22: "BADTRUNC", 23: "BADCOOKIE",
}  # fmt: skip
EXTENDED_ERRORS: Final = {  #: RFC 8914 section 4 and later additions
    0: "Other", 1: "Unsupported DNSKEY Algorithm", 2: "Unsupported DS Digest Type", 3: "Stale Answer", 4: "Forged Answer",
    5: "DNSSEC Indeterminate", 6: "DNSSEC Bogus", 7: "Signature Expired", 8: "Signature Not Yet Valid", 9: "DNSKEY Missing",
    10: "RRSIGs Missing", 11: "No Zone Key Bit Set", 12: "NSEC Missing", 13: "Cached Error", 14: "Not Ready",
    15: "Blocked", 16: "Censored", 17: "Filtered", 18: "Prohibited", 19: "Stale NXDOMAIN Answer", 20: "Not Authoritative",
    21: "Not Supported", 22: "No Reachable Authority", 23: "Network Error", 24: "Invalid Data",
    25: "Signature Expired before Valid", 26: "Too Early", 27: "Unsupported NSEC3 Iterations Value",
    28: "Unable to conform to policy", 29: "Synthesized", 30: "Invalid Query Type",
}  # fmt: skip
#: bits of the header's flags (RFC 1035 section 4.1.1, RFC 4035 section 3) that rows name
FLAGS: Final = (
    (0x0400, "authoritative"), (0x0200, "truncated"), (0x0100, "recursion_desired"), (0x0080, "recursion_available"),
    (0x0020, "authentic_data"), (0x0010, "checking_disabled"),
)  # fmt: skip


def type_name(kind: int) -> str:
    """AAAA, or TYPE65280 where nobody has given it a name."""
    return TYPES.get(kind) or f"TYPE{kind}"
