"""Descriptors and message classes of the Envoy API, from a pool of portico's own.

The pool is private: it never meets the generated modules another library may have imported, whose classes have the
same names. Messages of the two do not mix (CopyFrom raises TypeError), so ask this module for every class.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from portico.api.errors import ConfigError
from portico.config.descriptor_blob import DescriptorBlob
from portico.config.nearest import nearest_type
from portico.config.resource_types import TYPE_URL_PREFIX

ANY = "google.protobuf.Any"

blob = DescriptorBlob()
pool = descriptor_pool.DescriptorPool(blob)


@cache
def message_class(full_name: str) -> type[Any]:
    """The class of a message; KeyError if the API has none of that name.

    `Any` as a type because the classes are made at run time and have no stubs.
    """
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))


def message_descriptor(full_name: str) -> Descriptor | None:
    try:
        return pool.FindMessageTypeByName(full_name)
    except KeyError:
        return None


def pack(message: Message) -> Any:
    """An Any that holds the message; equal messages give equal bytes."""
    packed = message_class(ANY)()
    packed.type_url = TYPE_URL_PREFIX + message.DESCRIPTOR.full_name
    packed.value = message.SerializeToString(deterministic=True)
    return packed


def unknown_type(type_url: str) -> ConfigError:
    if not type_url:
        return ConfigError(
            "", "@type", "is missing: it says which message this is, e.g. '@type: type.googleapis.com/…'"
        )
    name = type_url.rpartition("/")[2]
    near = nearest_type(name, blob.top_level_symbols())
    hint = f"; did you mean {TYPE_URL_PREFIX + near!r}?" if near else ""
    return ConfigError("", "@type", f"could not find @type {type_url!r}{hint}")
