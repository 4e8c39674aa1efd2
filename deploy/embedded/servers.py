"""Both servers of an installation, as one thing to start, to watch and to stop."""

from deploy.embedded.directory import DataDirectory, Urls
from deploy.embedded.nats import EmbeddedNats
from deploy.embedded.postgres import EmbeddedPostgres


class EmbeddedServers:
    """PostgreSQL and NATS in `directory`, which must be held; other commands find them there."""

    name = "servers"
    pid: int | None = None
    """It is two processes, neither of which stands for both."""

    def __init__(self, directory: DataDirectory) -> None:
        self.directory = directory
        self.postgres = EmbeddedPostgres(directory.path)
        self.nats = EmbeddedNats(directory.path)

    def start(self) -> Urls:
        """
        Return where both are once they answer; starts only what does not run.

        Raises CannotBoot's children; what did start stays up until `stop`.
        """
        urls = Urls(postgres=self.postgres.start(), nats=self.nats.start())
        self.directory.announce(urls)
        return urls

    def is_alive(self) -> bool:
        return self.postgres.is_alive() and self.nats.is_alive()

    def abandon(self) -> None:
        self.postgres.abandon()
        self.nats.abandon()

    def stop(self, within: float = 5.0) -> None:
        """End both, in good order if they can within so many seconds altogether."""
        self.directory.withdraw()
        try:
            self.nats.stop(within * 0.4)
        finally:
            self.postgres.stop(within * 0.6)
