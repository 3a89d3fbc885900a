"""Which filter chain a connection gets, and which listener filters pass it by."""
