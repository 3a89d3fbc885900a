"""What a matched route does with a request: forward it, redirect it, answer it, or leave it to a filter.

In: the action of a Route message. Out: one object per kind; the router filter and the connection manager ask it.
"""
