from portico.api.response_flags import ResponseFlag

# %RESPONSE_FLAGS_LONG% of Envoy 1.40: each of these is a string of its binary.
LONG_NAMES = """
FailedLocalHealthCheck NoHealthyUpstream UpstreamRequestTimeout LocalReset UpstreamRemoteReset UpstreamConnectionFailure
UpstreamConnectionTermination UpstreamOverflow NoRouteFound DelayInjected FaultInjected RateLimited
UnauthorizedExternalService RateLimitServiceError DownstreamConnectionTermination UpstreamRetryLimitExceeded
StreamIdleTimeout InvalidEnvoyRequestHeaders DownstreamProtocolError UpstreamMaxStreamDurationReached
ResponseFromCacheFilter NoFilterConfigFound DurationTimeout UpstreamProtocolError NoClusterFound
OverloadManagerTerminated DnsResolutionFailed DropOverload DownstreamRemoteReset UnconditionalDropOverload
"""


def test_long_names_are_envoys() -> None:
    assert [flag.long_name for flag in ResponseFlag] == LONG_NAMES.split()
