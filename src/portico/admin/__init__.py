"""Envoy's admin interface, one file per endpoint, served by the main process.

In: GET queries, POST mutations. Out: text and JSON in Envoy's shape, under Envoy's names.
Next: nothing. It reads what `main` owns and what the workers report.
Never: in a worker; a mutation by GET.
"""
