"""/certs: the certificates of every TLS context, never a key."""

from portico.admin.documents import render
from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, json_text
from portico.admin.proto_json import document
from portico.admin.state import ServerState
from portico.config.proto_pool import message_class


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    dump = message_class("envoy.admin.v3.Certificates")()
    for status in state.config.certificates():
        certificate = dump.certificates.add()
        for serialized in status.ca_cert:
            certificate.ca_cert.add().ParseFromString(serialized)
        for serialized in status.cert_chain:
            certificate.cert_chain.add().ParseFromString(serialized)
    return json_text(render(document(dump, print_defaults=True)))


CERTS = Endpoint("/certs", "print certs on machine", answer)
