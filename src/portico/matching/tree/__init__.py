"""Matcher trees (xds.type.matcher.v3.Matcher): inputs, predicates, maps and lists, ending in an action.

In: a matcher message and a factory of actions. Out: an object that answers one request or connection with an action.
"""
