"""The judge of speed: portico, Envoy, nginx and HAProxy in turn, one core each, against the same upstream.

`python -m bench` runs the tournament, `python -m bench.profile` says where the time of one request goes in portico,
`python -m bench.micro NAME` measures one decision of the hot path. docs/performance.md explains the method.
Read in order: scenarios, contestants, measurement, tournament, report.
"""
