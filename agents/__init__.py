"""Who thinks: the roles, and the engines that play them."""
