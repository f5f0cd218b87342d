"""tertulia: a topic becomes a cited report."""
