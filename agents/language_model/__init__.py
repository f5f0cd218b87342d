"""The engine in which a language model plays every role."""
