"""The web chat's own transport: its page, visitors' sessions, and what they are told live."""
