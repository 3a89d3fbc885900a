from portico.admin.state import CertificateStatus
from portico.config.proto_pool import message_class

from .fakes import FakeServer, recorded


def test_none() -> None:
    assert FakeServer().get("/certs") == recorded("certs")


def test_chain_and_roots_of_each_context() -> None:
    details = message_class("envoy.admin.v3.CertificateDetails")
    server = FakeServer()
    server.config.certificate_list = [
        CertificateStatus(
            ca_cert=(details(path="ca.pem", serial_number="01").SerializeToString(),),
            cert_chain=(details(path="cert.pem", days_until_expiration=7).SerializeToString(),),
        ),
        CertificateStatus(),
    ]
    first, second = server.json("/certs")["certificates"]
    assert (first["ca_cert"][0]["path"], first["ca_cert"][0]["serial_number"]) == ("ca.pem", "01")
    assert first["cert_chain"][0]["days_until_expiration"] == "7"
    assert second == {"ca_cert": [], "cert_chain": []}
