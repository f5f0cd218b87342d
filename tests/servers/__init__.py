"""Loopback counterparts of the services: they speak the real protocol, so tests drive the real client packages."""
