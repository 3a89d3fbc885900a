"""How HTTP is spoken to a cluster, in the newer and the older place of its configuration."""
