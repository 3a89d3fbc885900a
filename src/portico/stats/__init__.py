"""Beside the steps: counters, gauges and histograms under Envoy's names, plain integers in each process.

In: names resolved when configuration arrives. Out: increments with no lock, snapshots that add up across workers.
Next: `admin` and the sinks, by way of the main process.
Never: a lookup by name per request; importing anything but `api`.
"""
