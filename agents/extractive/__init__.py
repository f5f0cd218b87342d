"""The engine that needs no language model: it selects sentences, it never writes one."""
