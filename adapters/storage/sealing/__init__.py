"""Personal fields of events, sealed with a key for each client that can be destroyed (A4)."""
