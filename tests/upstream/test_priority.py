from portico.api.address import Address
from portico.api.host import HealthFlag, Locality
from portico.upstream.host_spec import Assignment, HostSpec
from portico.upstream.priority import PrioritySet
from tests.upstream.surroundings import ports


def spec(port: int, priority: int = 0, weight: int = 1, zone: str = "", eds_health: int = 0) -> HostSpec:
    made = HostSpec(Address("10.0.0.1", port), Locality("", zone), priority, weight)
    made.eds_health = eds_health
    return made


def having(*specs: HostSpec, is_logical: bool = False) -> PrioritySet:
    priorities = PrioritySet(is_logical)
    priorities.update(Assignment(list(specs)))
    return priorities


def test_host_that_stays_is_the_same_object() -> None:
    priorities = having(spec(1), spec(2))
    first = priorities.hosts()[0]
    first.rq_total = 7
    change = priorities.update(Assignment([spec(3), spec(1)]))
    assert priorities.hosts()[1] is first
    assert (ports(change.added), ports(change.removed)) == ([3], [2])
    assert ports(priorities.host_sets[0].hosts) == [3, 1]


def test_host_that_changes_priority_is_the_same_object() -> None:
    priorities = having(spec(1), spec(2))
    moved = priorities.hosts()[1]
    change = priorities.update(Assignment([spec(1), spec(2, priority=1)]))
    assert priorities.host_sets[1].hosts == [moved]
    assert change.is_rebuild_needed
    assert change.added == change.removed == []


def test_repeated_address_is_two_hosts() -> None:
    """As in Envoy's static clusters."""
    priorities = having(spec(1), spec(1))
    first, second = priorities.hosts()
    assert first is not second
    change = priorities.update(Assignment([spec(1)]))
    assert change.removed == [second]
    assert priorities.hosts() == [first]


def test_update_to_the_same_needs_no_rebuild() -> None:
    priorities = having(spec(1), spec(2, weight=3))
    assert not priorities.update(Assignment([spec(1), spec(2, weight=3)])).is_rebuild_needed


def test_every_input_of_a_balancer_asks_for_a_rebuild() -> None:
    weighted = Assignment([spec(1)])
    weighted.locality_weights = {(0, Locality()): 5}
    overprovisioned = Assignment([spec(1)])
    overprovisioned.overprovisioning_percent = 200
    for assignment in (
        Assignment([spec(1, weight=2)]),
        Assignment([spec(1, zone="b")]),
        Assignment([spec(1, eds_health=int(HealthFlag.FAILED_EDS_HEALTH))]),
        Assignment([]),
        Assignment([spec(1), spec(2)]),
        weighted,
        overprovisioned,
    ):
        assert having(spec(1)).update(assignment).is_rebuild_needed


def test_update_keeps_what_health_checks_found() -> None:
    priorities = having(spec(1, eds_health=int(HealthFlag.DEGRADED_EDS_HEALTH)))
    host = priorities.hosts()[0]
    host.unhealthy |= HealthFlag.FAILED_ACTIVE_HC
    priorities.update(Assignment([spec(1)]))
    assert host.unhealthy == HealthFlag.FAILED_ACTIVE_HC


def test_priority_nobody_has_is_an_empty_set() -> None:
    priorities = having(spec(1, priority=2))
    assert [len(each.hosts) for each in priorities.host_sets] == [0, 0, 1]


def test_sets_shrink_with_the_assignment() -> None:
    priorities = having(spec(1), spec(2, priority=1))
    priorities.update(Assignment([spec(1)]))
    assert len(priorities.host_sets) == 1


def test_logical_host_moves() -> None:
    priorities = having(spec(1), is_logical=True)
    host = priorities.hosts()[0]
    change = priorities.update(Assignment([spec(2)]))
    assert priorities.hosts() == [host]
    assert host.address == Address("10.0.0.1", 2)
    assert change.moved == [host]
    assert change.removed == []


def test_finds_hosts_by_what_their_address_prints() -> None:
    priorities = having(spec(1), spec(2))
    assert ports(priorities.find("10.0.0.1:2")) == [2]
    assert priorities.find("10.0.0.1:9") == []
