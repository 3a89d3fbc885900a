"""The life of the main process: from options to LIVE, and from a signal to an exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from typing import Final

import uvloop

from portico.admin.state import ProcessState
from portico.api.errors import ConfigError, ConfigErrors
from portico.api.log import logger
from portico.config.load import LoadedBootstrap
from portico.ipc.log_sink import DescriptorSink
from portico.main.announcement import announce
from portico.main.bootstrap import extension_modules, load
from portico.main.domain_socket import RESTART_VERSION, BaseIdClaim, BaseIdTaken, claim_base_id
from portico.main.failure import initialization_error, log_warnings, tell_failure
from portico.main.listen_sockets import BindError
from portico.main.log_setup import set_up_log
from portico.main.options import Options
from portico.main.parts import Parts
from portico.main.starter import Starter, StarterProcess
from portico.main.supervisor import WorkerStartError

LOG: Final = logger("main", __name__)

# A file that admin addresses or base ids are written to and cannot be.
FAILURES: Final = (ConfigError, ConfigErrors, BaseIdTaken, BindError, WorkerStartError, OSError)


def serve_until_signal(options: Options, process: StarterProcess, relaunch: list[str]) -> int:
    """The exit code."""
    try:
        sink = set_up_log(options.log)
    except OSError as error:
        print(f"error: cannot open log file '{options.log.path}': {error.strerror}", file=sys.stderr)
        return 1
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    server = Server(options, loop, Starter(loop, process, relaunch), sink)
    try:
        return loop.run_until_complete(server.run())
    finally:
        loop.close()


class Server:
    """One start, one life, one end. The steps of the start are Envoy's, and so are their log lines."""

    def __init__(
        self, options: Options, loop: asyncio.AbstractEventLoop, starter: Starter, sink: DescriptorSink
    ) -> None:
        self._options = options
        self._loop = loop
        self._starter = starter
        self._sink = sink
        self._stopped = asyncio.Event()
        self._claim: BaseIdClaim | None = None
        self._parts: Parts | None = None
        self._duties: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        self._install_signals()
        start = self._loop.create_task(self._start())
        stopped = self._loop.create_task(self._stopped.wait())
        try:
            await asyncio.wait([start, stopped], return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                start.result()
                LOG.info("starting main dispatch loop")
                await stopped
            start.cancel()
            LOG.info("shutting down server instance")
            LOG.info("main dispatch loop exited")
            return 0
        except FAILURES as error:
            tell_failure(self._options, initialization_error(self._options, error))
            return 1
        finally:
            stopped.cancel()
            await self._stop()
            LOG.info("exiting")

    async def _start(self) -> None:
        options = self._options
        for warning in options.warnings:
            LOG.warning(warning)
        self._claim = claim_base_id(options.restart)
        epoch, base_id = options.restart.epoch, self._claim.base_id
        LOG.info(f"initializing epoch {epoch} (base id={base_id}, hot restart version={RESTART_VERSION})")
        if options.restart.base_id_path:
            announce(options.restart.base_id_path, str(self._claim.base_id))
        loaded = load(options)
        log_warnings(options, loaded)
        parts = self._parts = Parts(options, self._loop, self._starter, loaded)
        parts.process.base_id = self._claim.base_id
        parts.process.on_quit = self._stopped.set
        parts.process.on_reopen = self._reopen
        await parts.start_admin()
        await self._initialize(parts, loaded)
        await self._start_workers(parts)
        parts.watchdog.start()
        self._duties = [
            self._loop.create_task(parts.flush_stats_forever()),
            self._loop.create_task(parts.guard_dog.watch()),
        ]

    async def _initialize(self, parts: Parts, loaded: LoadedBootstrap) -> None:
        parts.enter(ProcessState.INITIALIZING)
        parts.trial.static_resources(loaded)
        self._starter.preload(extension_modules())
        resources = loaded.bootstrap.static_resources
        LOG.info(f"loading {len(resources.clusters)} cluster(s)")
        parts.tell_clusters(resources.clusters)
        LOG.info(f"loading {len(resources.listeners)} listener(s)")
        for listener in resources.listeners:
            parts.listeners.bind(listener)
        parts.discovery.start(resources.clusters)
        await parts.discovery.first_answers()
        parts.runtime.finish_initialization()
        LOG.info("cm init: all clusters initialized")

    async def _start_workers(self, parts: Parts) -> None:
        LOG.info("all dependencies initialized. starting workers")
        parts.listeners.listen()
        await parts.supervisor.start()
        parts.own.listener_manager.workers_started.set(1)
        parts.enter(ProcessState.LIVE)
        if self._options.greeting:
            print(self._options.greeting, flush=True)

    async def _stop(self) -> None:
        """Everything at once, as Envoy: clients of requests in flight read EOF."""
        for duty in self._duties:
            duty.cancel()
        if self._parts is not None:
            await self._parts.stop()
        self._starter.stop()
        if self._claim is not None:
            self._claim.release()

    def _install_signals(self) -> None:
        for number, name in ((signal.SIGTERM, "ENVOY_SIGTERM"), (signal.SIGINT, "SIGINT")):
            self._loop.add_signal_handler(number, self._on_terminate, name)
        self._loop.add_signal_handler(signal.SIGUSR1, self._on_reopen_signal)
        self._loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        with suppress(ValueError, RuntimeError):
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    def _on_terminate(self, name: str) -> None:
        LOG.warning(f"caught {name}")
        self._stopped.set()

    def _on_reopen_signal(self) -> None:
        LOG.info("caught SIGUSR1. Reopening access logs.")
        if self._parts is not None:
            self._parts.process.reopen_logs()
        else:
            self._reopen()

    def _on_hangup(self) -> None:
        LOG.warning("caught and eating SIGHUP. See documentation for how to hot restart.")

    def _reopen(self) -> None:
        self._sink.reopen()
