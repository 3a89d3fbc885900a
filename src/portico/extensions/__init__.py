"""One file per Envoy extension; its path is its proto package without `envoy.extensions.` and the version.

In: a typed configuration. Out: a filter, balancer, logger, matcher or socket that the core asked a registry for.
Next: whatever interface of `api` it implements. The first lookup of a type URL imports its module.
Never: imported by the core, or by another extension: deleting one breaks nothing else.
"""
