"""Clients to copy: for browsers and Node, and for Python."""
