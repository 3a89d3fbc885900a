"""How a host is picked from a list: round robin, least request, random.

In: hosts of equal standing. Out: one of them per request.
Never: health, priorities, localities; `upstream` decided those before.
"""
