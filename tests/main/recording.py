"""A supervisor without processes: it writes down what workers would be told."""

from collections.abc import Callable

from portico.ipc.messages import Message
from portico.main.current_state import SocketRows
from portico.main.supervisor import Supervisor, SupervisorEvents
from portico.main.worker_handle import WorkerHandle


class RecordingSupervisor(Supervisor):
    def __init__(self, answers: list[Message] | None = None) -> None:
        self.told: list[Message] = []
        self.rows: list[SocketRows] = []
        self.asked: list[Message] = []
        self.answers = answers or []
        self.events = SupervisorEvents()
        self._tickets = 0

    @property
    def workers(self) -> list[WorkerHandle]:
        return []

    def tell(self, message: Message, sockets: SocketRows = ()) -> None:
        self.told.append(message)
        self.rows.append(sockets)

    async def ask(self, question: Callable[[int], Message], timeout_s: float = 1.0) -> list[Message]:
        self.asked.append(question(self.ticket()))
        return self.answers
