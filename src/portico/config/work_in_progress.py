"""Messages whose API Envoy marks as not finished: it warns whoever configures them, and so does portico."""

from __future__ import annotations

from functools import cache

from google.protobuf.descriptor import Descriptor

from portico.api.errors import ConfigError
from portico.config.message_walk import Visit
from portico.config.options import file_is_work_in_progress, message_is_work_in_progress


class WorkInProgressChecker:
    """A visitor for `message_walk.walk`; one warning a message."""

    def __init__(self) -> None:
        self.warnings: list[ConfigError] = []

    def visit(self, visit: Visit) -> None:
        if _is_unfinished(visit.message.DESCRIPTOR):
            name = visit.message.DESCRIPTOR.full_name
            text = f"{name} is marked as work-in-progress in Envoy's API: it may change without notice"
            self.warnings.append(ConfigError("", visit.path, text))


@cache
def _is_unfinished(descriptor: Descriptor) -> bool:
    return file_is_work_in_progress(descriptor.file) or message_is_work_in_progress(descriptor)
