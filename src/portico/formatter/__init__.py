"""Beside the steps: `%REQ(:path)%` and its kin, compiled once into objects that append text.

In: format strings from configuration. Out: text or JSON for access logs, header values and local replies.
Next: access loggers, header mutation, local reply mapping.
Never: parsing per request; importing anything but `api`.
"""
