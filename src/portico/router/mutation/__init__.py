"""Header mutations: what routes, virtual hosts, tables and weighted clusters add to and remove from header blocks.

In: HeaderValueOption and HeaderMutation messages. Out: objects that change one block, in Envoy's order.
"""
