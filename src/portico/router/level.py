"""What every configuration level may carry: table, virtual host, route."""

from __future__ import annotations

from portico.router.filter_configs import FilterConfigs
from portico.router.mutation.header_mutation import HeaderMutations


class Level:
    """Header mutations and filter configurations of one level."""

    def __init__(
        self,
        request_mutations: HeaderMutations | None = None,
        response_mutations: HeaderMutations | None = None,
        filter_configs: FilterConfigs | None = None,
    ) -> None:
        self.request_mutations: HeaderMutations = request_mutations or HeaderMutations([], [], is_request=True)
        self.response_mutations: HeaderMutations = response_mutations or HeaderMutations([], [], is_request=False)
        self.filter_configs: FilterConfigs = filter_configs or FilterConfigs()
