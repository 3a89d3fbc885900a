"""The oracle: the same traffic, at the same configuration, through Envoy 1.40 and through portico.

In: one YAML file a case (`cases/<area>/<name>.yaml`). Out: what the client, the upstreams, the log, the stats and the
admin endpoints showed, compared line by line. `README.md` tells how to add a case and how to look at one.
"""
