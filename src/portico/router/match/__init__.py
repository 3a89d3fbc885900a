"""Which requests a route is for: its path, and whatever else it asks of a request.

In: a RouteMatch message. Out: one object per kind, compiled once.
"""
