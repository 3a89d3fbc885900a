"""What the TLS handshakes of a connection established; everything is missing on plaintext."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from portico.api.access_log import LogEntry
from portico.api.tls_info import TlsInfo
from portico.formatter.operator import Operator
from portico.formatter.time_format import TimeFormat

TlsField = Callable[[TlsInfo], str]  # "" = missing

# The suffix of DOWNSTREAM_… and UPSTREAM_….
BOTH_SIDES: Final[dict[str, TlsField]] = {
    "TLS_VERSION": lambda tls: tls.version,
    "TLS_CIPHER": lambda tls: tls.cipher,
    "TLS_GROUP": lambda tls: tls.group,
    "TLS_SESSION_ID": lambda tls: tls.session_id,
    "PEER_SUBJECT": lambda tls: tls.peer_subject,
    "PEER_ISSUER": lambda tls: tls.peer_issuer,
    "PEER_CERT": lambda tls: tls.peer_certificate,
    "PEER_URI_SAN": lambda tls: ",".join(tls.peer_uri_sans),
    "PEER_DNS_SAN": lambda tls: ",".join(tls.peer_dns_sans),
    "PEER_IP_SAN": lambda tls: ",".join(tls.peer_ip_sans),
    "LOCAL_URI_SAN": lambda tls: ",".join(tls.local_uri_sans),
    "LOCAL_DNS_SAN": lambda tls: ",".join(tls.local_dns_sans),
    "LOCAL_IP_SAN": lambda tls: ",".join(tls.local_ip_sans),
}
DOWNSTREAM_ONLY: Final[dict[str, TlsField]] = {
    "LOCAL_SUBJECT": lambda tls: tls.local_subject,
    "LOCAL_EMAIL_SAN": lambda tls: ",".join(tls.local_email_sans),
    "LOCAL_OTHERNAME_SAN": lambda tls: ",".join(tls.local_other_name_sans),
    "PEER_EMAIL_SAN": lambda tls: ",".join(tls.peer_email_sans),
    "PEER_OTHERNAME_SAN": lambda tls: ",".join(tls.peer_other_name_sans),
    "PEER_SERIAL": lambda tls: tls.peer_serial,
    "PEER_FINGERPRINT_256": lambda tls: tls.peer_fingerprint_sha256,
    "PEER_FINGERPRINT_1": lambda tls: tls.peer_fingerprint_sha1,
    "PEER_CHAIN_FINGERPRINTS_256": lambda tls: ",".join(tls.peer_chain_fingerprints_sha256),
    "PEER_CHAIN_FINGERPRINTS_1": lambda tls: ",".join(tls.peer_chain_fingerprints_sha1),
    "PEER_CHAIN_SERIALS": lambda tls: ",".join(tls.peer_chain_serials),
    "PEER_ISSUER_FINGERPRINT_256": lambda tls: tls.peer_issuer_fingerprint_sha256,
    "PEER_ISSUER_SERIAL": lambda tls: tls.peer_issuer_serial,
}

DOWNSTREAM: Final[dict[str, TlsField]] = {
    **{f"DOWNSTREAM_{name}": field for name, field in (BOTH_SIDES | DOWNSTREAM_ONLY).items()},
    "TLS_JA3_FINGERPRINT": lambda tls: tls.ja3_fingerprint,
    "TLS_JA4_FINGERPRINT": lambda tls: tls.ja4_fingerprint,
}
UPSTREAM: Final[dict[str, TlsField]] = {
    **{f"UPSTREAM_{name}": field for name, field in BOTH_SIDES.items()},
    "UPSTREAM_SERVER_NAME": lambda tls: tls.server_name,
}


class TlsText(Operator):
    def __init__(self, field: TlsField, is_upstream: bool) -> None:
        self.field = field
        self.is_upstream = is_upstream

    def text(self, entry: LogEntry) -> bytes | None:
        tls = entry.info.upstream_tls if self.is_upstream else entry.info.connection.tls
        if tls is None:
            return None
        value = self.field(tls)
        return value.encode() if value else None


class CertificateTime(Operator):
    """When the peer's certificate starts or ceases to be valid."""

    def __init__(self, time_format: TimeFormat, is_upstream: bool, is_end: bool) -> None:
        self.format = time_format
        self.is_upstream = is_upstream
        self.is_end = is_end

    def text(self, entry: LogEntry) -> bytes | None:
        tls = entry.info.upstream_tls if self.is_upstream else entry.info.connection.tls
        if tls is None:
            return None
        moment = tls.peer_valid_until if self.is_end else tls.peer_valid_from
        return self.format.render(moment) if moment else None
