"""Names of versions, groups, signature schemes, extensions and alerts (IANA "TLS Parameters" and "TLS ExtensionType Values").

Post-quantum groups have the names that the drafts and OpenSSL, BoringSSL and Go use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .cipher_suites import GREASE
from .cipher_suites import NAMES as CIPHER_SUITES

SSL_2_0: Final = 0x0002
SSL_3_0: Final = 0x0300
TLS_1_0: Final = 0x0301
TLS_1_1: Final = 0x0302
TLS_1_2: Final = 0x0303
TLS_1_3: Final = 0x0304
DTLS_1_0: Final = 0xFEFF
DTLS_1_2: Final = 0xFEFD
DTLS_1_3: Final = 0xFEFC
DRAFT_1_3: Final = 0x7F00  #: and the number of the draft

VERSIONS: Final[Mapping[int, str]] = {
    0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3",
    0x0101: "TLCP", 0x0100: "DTLS 1.0 (OpenSSL 0.9.8)", 0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2", 0xFEFC: "DTLS 1.3",
    **{DRAFT_1_3 | draft: f"TLS 1.3 draft {draft}" for draft in range(14, 29)},
    0xFB17: "TLS 1.3 draft 23", 0xFB1A: "TLS 1.3 draft 26",
}  # fmt: skip
GROUPS: Final[Mapping[int, str]] = {
    0x0001: "sect163k1", 0x0002: "sect163r1", 0x0003: "sect163r2", 0x0004: "sect193r1", 0x0005: "sect193r2",
    0x0006: "sect233k1", 0x0007: "sect233r1", 0x0008: "sect239k1", 0x0009: "sect283k1", 0x000A: "sect283r1",
    0x000B: "sect409k1", 0x000C: "sect409r1", 0x000D: "sect571k1", 0x000E: "sect571r1", 0x000F: "secp160k1",
    0x0010: "secp160r1", 0x0011: "secp160r2", 0x0012: "secp192k1", 0x0013: "secp192r1", 0x0014: "secp224k1",
    0x0015: "secp224r1", 0x0016: "secp256k1", 0x0017: "secp256r1", 0x0018: "secp384r1", 0x0019: "secp521r1",
    0x001A: "brainpoolP256r1", 0x001B: "brainpoolP384r1", 0x001C: "brainpoolP512r1", 0x001D: "x25519", 0x001E: "x448",
    0x001F: "brainpoolP256r1tls13", 0x0020: "brainpoolP384r1tls13", 0x0021: "brainpoolP512r1tls13",
    0x0022: "GC256A", 0x0023: "GC256B", 0x0024: "GC256C", 0x0025: "GC256D", 0x0026: "GC512A", 0x0027: "GC512B",
    0x0028: "GC512C", 0x0029: "curveSM2", 0x0100: "ffdhe2048", 0x0101: "ffdhe3072", 0x0102: "ffdhe4096",
    0x0103: "ffdhe6144", 0x0104: "ffdhe8192", 0xFF01: "arbitrary_explicit_prime_curves",
    0xFF02: "arbitrary_explicit_char2_curves",
}  # fmt: skip
POST_QUANTUM: Final[Mapping[int, str]] = {
    0x0200: "MLKEM512", 0x0201: "MLKEM768", 0x0202: "MLKEM1024", 0x11EB: "SecP256r1MLKEM768", 0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024", 0x11EE: "curveSM2MLKEM768", 0x4138: "CECPQ2", 0x6399: "X25519Kyber768Draft00",
    0x639A: "SecP256r1Kyber768Draft00", 0xFE30: "X25519Kyber512Draft00", 0xFE31: "X25519Kyber768Draft00 (old)",
}  # fmt: skip
SIGNATURE_SCHEMES: Final[Mapping[int, str]] = {
    0x0101: "rsa_md5", 0x0201: "rsa_pkcs1_sha1", 0x0202: "dsa_sha1", 0x0203: "ecdsa_sha1", 0x0301: "rsa_sha224",
    0x0302: "dsa_sha224", 0x0303: "ecdsa_sha224", 0x0401: "rsa_pkcs1_sha256", 0x0402: "dsa_sha256",
    0x0403: "ecdsa_secp256r1_sha256", 0x0420: "rsa_pkcs1_sha256_legacy", 0x0501: "rsa_pkcs1_sha384", 0x0502: "dsa_sha384",
    0x0503: "ecdsa_secp384r1_sha384", 0x0520: "rsa_pkcs1_sha384_legacy", 0x0601: "rsa_pkcs1_sha512", 0x0602: "dsa_sha512",
    0x0603: "ecdsa_secp521r1_sha512", 0x0620: "rsa_pkcs1_sha512_legacy", 0x0708: "sm2sig_sm3", 0x0804: "rsa_pss_rsae_sha256",
    0x0805: "rsa_pss_rsae_sha384", 0x0806: "rsa_pss_rsae_sha512", 0x0807: "ed25519", 0x0808: "ed448",
    0x0809: "rsa_pss_pss_sha256", 0x080A: "rsa_pss_pss_sha384", 0x080B: "rsa_pss_pss_sha512",
    0x081A: "ecdsa_brainpoolP256r1tls13_sha256", 0x081B: "ecdsa_brainpoolP384r1tls13_sha384",
    0x081C: "ecdsa_brainpoolP512r1tls13_sha512", 0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87",
}  # fmt: skip
EXTENSIONS: Final[Mapping[int, str]] = {
    0: "server_name", 1: "max_fragment_length", 2: "client_certificate_url", 3: "trusted_ca_keys", 4: "truncated_hmac",
    5: "status_request", 6: "user_mapping", 7: "client_authz", 8: "server_authz", 9: "cert_type", 10: "supported_groups",
    11: "ec_point_formats", 12: "srp", 13: "signature_algorithms", 14: "use_srtp", 15: "heartbeat",
    16: "application_layer_protocol_negotiation", 17: "status_request_v2", 18: "signed_certificate_timestamp",
    19: "client_certificate_type", 20: "server_certificate_type", 21: "padding", 22: "encrypt_then_mac",
    23: "extended_master_secret", 24: "token_binding", 25: "cached_info", 26: "tls_lts", 27: "compress_certificate",
    28: "record_size_limit", 29: "pwd_protect", 30: "pwd_clear", 31: "password_salt", 32: "ticket_pinning",
    33: "tls_cert_with_extern_psk", 34: "delegated_credential", 35: "session_ticket", 36: "TLMSP", 37: "TLMSP_proxying",
    38: "TLMSP_delegate", 39: "supported_ekt_ciphers", 41: "pre_shared_key", 42: "early_data", 43: "supported_versions",
    44: "cookie", 45: "psk_key_exchange_modes", 47: "certificate_authorities", 48: "oid_filters", 49: "post_handshake_auth",
    50: "signature_algorithms_cert", 51: "key_share", 52: "transparency_info", 53: "connection_id (deprecated)",
    54: "connection_id", 55: "external_id_hash", 56: "external_session_id", 57: "quic_transport_parameters",
    58: "ticket_request", 59: "dnssec_chain", 60: "sequence_number_encryption_algorithms", 61: "rrc", 62: "tls_flags",
    13172: "next_protocol_negotiation", 17513: "application_settings (old)", 17613: "application_settings",
    30032: "channel_id", 0xFD00: "ech_outer_extensions", 0xFE0D: "encrypted_client_hello", 0xFF01: "renegotiation_info",
    0xFFA5: "quic_transport_parameters (drafts)", 0xFFCE: "encrypted_server_name",
}  # fmt: skip
ALERT_LEVELS: Final[Mapping[int, str]] = {1: "warning", 2: "fatal"}
ALERTS: Final[Mapping[int, str]] = {
    0: "close_notify", 1: "end_of_early_data", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
    22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    52: "too_many_cids_requested", 60: "export_restriction", 70: "protocol_version", 71: "insufficient_security",
    80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation",
    109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
    113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
    116: "certificate_required", 117: "general_error", 120: "no_application_protocol", 121: "ech_required",
}  # fmt: skip


def version_name(version: int) -> str:
    return VERSIONS.get(version) or _other(version)


def cipher_suite_name(suite: int) -> str:
    return CIPHER_SUITES.get(suite) or _other(suite)


def group_name(group: int) -> str:
    return GROUPS.get(group) or POST_QUANTUM.get(group) or _other(group)


def signature_scheme_name(scheme: int) -> str:
    return SIGNATURE_SCHEMES.get(scheme) or _other(scheme)


def extension_name(extension: int) -> str:
    return EXTENSIONS.get(extension) or _other(extension)


def is_1_3(version: int) -> bool:
    """TLS 1.3, one of its drafts, or DTLS 1.3: what follows the ServerHello is encrypted."""
    return version in (TLS_1_3, DTLS_1_3) or version >> 8 in (DRAFT_1_3 >> 8, 0xFB)


def _other(value: int) -> str:
    return "GREASE" if value in GREASE else f"0x{value:04x}"
