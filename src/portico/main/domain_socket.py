"""The base id: at most one process of each epoch may claim it, so that a restart knows whom it takes over from."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import Final

from portico.main.options import RestartOptions

# Source: envoy source/server/options_impl.cc: a base id is multiplied, an epoch is added.
EPOCHS_A_BASE_ID: Final = 10
# Source: envoy source/exe/main_common.cc, the range and the number of dynamic base ids it tries.
MAX_DYNAMIC_BASE_ID: Final = 0x0FFFFFFF
DYNAMIC_TRIES: Final = 10
RESTART_VERSION: Final = "portico.1"  # who may take over from whom


class BaseIdTaken(Exception):
    """Another process has it."""


class BaseIdClaim:
    """Held while this process lives; the kernel drops it with the process."""

    def __init__(self, base_id: int, holder: socket.socket | None) -> None:
        self.base_id = base_id
        self._holder = holder

    def release(self) -> None:
        if self._holder is not None:
            path = self._holder.getsockname()
            self._holder.close()
            if isinstance(path, str) and path:
                os.unlink(path)


def claim_base_id(options: RestartOptions) -> BaseIdClaim:
    """Raises BaseIdTaken, with Envoy's text."""
    if options.is_disabled:
        return BaseIdClaim(options.base_id, None)
    if not options.use_dynamic_base_id:
        return BaseIdClaim(options.base_id, bind_domain_socket(options, options.base_id))
    for _ in range(DYNAMIC_TRIES - 1):
        base_id = secrets.randbelow(MAX_DYNAMIC_BASE_ID)
        try:
            return BaseIdClaim(base_id, bind_domain_socket(options, base_id))
        except BaseIdTaken:
            continue
    base_id = secrets.randbelow(MAX_DYNAMIC_BASE_ID)
    return BaseIdClaim(base_id, bind_domain_socket(options, base_id))


def bind_domain_socket(options: RestartOptions, base_id: int) -> socket.socket:
    path = f"{options.socket_path}_parent_{base_id * EPOCHS_A_BASE_ID + options.epoch}"
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        if path.startswith("@"):
            holder.bind("\0" + path[1:])
        else:
            remove_stale(path)
            holder.bind(path)
            os.chmod(path, options.socket_mode)
    except OSError as error:
        holder.close()
        raise BaseIdTaken(
            f"unable to bind domain socket with base_id={base_id * EPOCHS_A_BASE_ID}, id={options.epoch}, "
            f"errno={error.errno} (see --base-id option)"
        ) from None
    return holder


def remove_stale(path: str) -> None:
    """A socket file that nobody listens on any more outlived its process: only its name is taken."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink(missing_ok=True)
        except OSError:
            return
