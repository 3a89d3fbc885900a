"""Beside the steps: string, header, path and tree matchers, compiled once into objects with one method.

In: Envoy's matcher messages, at configuration time. Out: yes or no, or the action of the first match.
Next: routes, filter chains, access-log filters, extensions.
Never: backtracking regular expressions; importing anything but `api`.
"""
