"""How work flows: the report graph and the interview graph."""
