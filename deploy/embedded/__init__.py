"""
Real PostgreSQL and real NATS as children of ours, in one data directory.

For trying out, for tests and for small single machines: bigger ones give
Recado the addresses of their own servers instead.
"""

from deploy.embedded.directory import DataDirectory, Urls, default_data_directory, running
from deploy.embedded.errors import (
    CannotBoot,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedServerFailed,
    StartAbandoned,
)
from deploy.embedded.nats import EmbeddedNats
from deploy.embedded.postgres import EmbeddedPostgres
from deploy.embedded.servers import EmbeddedServers

__all__ = [
    "CannotBoot",
    "DataDirectory",
    "DataDirectoryInUse",
    "DataDirectoryUnusable",
    "EmbeddedNats",
    "EmbeddedPostgres",
    "EmbeddedServerFailed",
    "EmbeddedServers",
    "StartAbandoned",
    "Urls",
    "default_data_directory",
    "running",
]
