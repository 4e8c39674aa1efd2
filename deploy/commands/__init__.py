"""What the `recado` command can do, a module a theme; each registers its commands."""
