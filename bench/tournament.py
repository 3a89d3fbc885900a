"""The order of play: every proxy once per round, next to each other in time, so that they share the machine's moods."""

import dataclasses
import sys
from collections.abc import Sequence

from bench.contestants.contestant import Contestant
from bench.idle_memory import measure_idle_memory
from bench.machine import machine_facts
from bench.measurement import Sample, measure, measure_ceiling
from bench.options import Options
from bench.process import BenchError
from bench.results import DISTURBED_SHARE, Entry, Results, ScenarioResult
from bench.scenarios import INTERPRETED_GOAL, SCENARIOS, Scenario
from bench.stage import Stage
from bench.time_to_live import measure_time_to_live


class Tournament:
    """Plays all scenarios and gathers the results; a contestant that fails is reported, and the others go on."""

    def __init__(self, stage: Stage, contestants: Sequence[Contestant], options: Options) -> None:
        self._stage = stage
        self._options = options
        self.results = Results(machine_facts(), dataclasses.asdict(options) | {"interpreted_goal": INTERPRETED_GOAL})
        self._contestants = [one for one in contestants if self._is_there(one)]
        scenarios = sum(scenario.name in options.only for scenario in SCENARIOS)
        # A quarter of the planned runs may be repeated, so that a busy machine cannot make the tournament endless.
        self._repeats_left = scenarios * options.rounds * len(self._contestants) // 4

    def play(self) -> None:
        for scenario in SCENARIOS:
            if scenario.name in self._options.only:
                self._play_scenario(scenario)
        if "memory" in self._options.only:
            self._play_idle_memory()
        if "live" in self._options.only:
            self._play_time_to_live()

    def _play_scenario(self, scenario: Scenario) -> None:
        result = self.results.scenarios[scenario.name] = ScenarioResult(scenario.title, scenario.goal)
        result.entries = {one.name: Entry() for one in self._contestants}
        _say(f"{scenario.name}:")
        for played in range(self._options.rounds):
            for contestant in self._contestants:
                entry = result.entries[contestant.name]
                if entry.problem is None:
                    self._play_run(contestant, scenario, entry)
            # It is a ceiling: the best round is the truest, and three tell enough.
            if played < 3:
                ceiling = measure_ceiling(self._stage, scenario, self._options.seconds)
                result.ceiling_per_s = max(result.ceiling_per_s, ceiling)
        _say("\n")

    def _play_run(self, contestant: Contestant, scenario: Scenario, entry: Entry) -> None:
        try:
            sample = self._measure(contestant, scenario)
            if sample.disturbance > DISTURBED_SHARE and self._repeats_left > 0:
                self._repeats_left -= 1
                again = self._measure(contestant, scenario)
                sample = min(sample, again, key=lambda one: one.disturbance)
            entry.samples.append(sample)
            _say(f" {contestant.name} {sample.requests_per_s:,.0f}")
        except BenchError as error:
            # No figure at all rather than one from the rounds that happened to go well.
            entry.problem, entry.samples = str(error), []
            _say(f" {contestant.name} failed")

    def _measure(self, contestant: Contestant, scenario: Scenario) -> Sample:
        return measure(self._stage, contestant, scenario, self._options.seconds, self._options.warm_up_s)

    def _play_idle_memory(self) -> None:
        _say("memory:")
        for contestant in self._contestants:
            try:
                memory = measure_idle_memory(self._stage, contestant)
                self.results.idle_memory[contestant.name] = memory
                _say(f" {contestant.name} {memory.anonymous_bytes_per_connection / 1024:.1f} KiB")
            except BenchError as error:
                self.results.idle_memory[contestant.name] = str(error)
                _say(f" {contestant.name} failed")
        _say("\n")

    def _play_time_to_live(self) -> None:
        _say("live:")
        with_admin = [one for one in self._contestants if one.has_admin]
        for _ in range(self._options.rounds):
            for contestant in with_admin:
                times = self.results.time_to_live_s.setdefault(contestant.name, [])
                if isinstance(times, str):
                    continue
                try:
                    times.append(measure_time_to_live(self._stage, contestant))
                    _say(f" {contestant.name} {times[-1]:.2f}")
                except BenchError as error:
                    self.results.time_to_live_s[contestant.name] = str(error)
                    _say(f" {contestant.name} failed")
        _say("\n")

    def _is_there(self, contestant: Contestant) -> bool:
        try:
            self.results.versions[contestant.name] = contestant.version()
        except BenchError as error:
            self.results.missing[contestant.name] = str(error)
            return False
        return True


def _say(text: str) -> None:
    """Progress goes to standard error: standard output is the report."""
    sys.stderr.write(text)
    sys.stderr.flush()
