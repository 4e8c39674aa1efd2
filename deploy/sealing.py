"""The key that personal data is sealed with: where it is kept, and readers that open with it."""

from dataclasses import dataclass

import psycopg

from adapters.storage.mapper import EventMapper
from adapters.storage.sealing.opening import masters_of, ring_of
from adapters.storage.sealing.vault import learn_all
from deploy.embedded.directory import Urls


@dataclass(frozen=True, slots=True)
class OpeningMapper:
    """Makes mappers that open all of a log, in whatever process they are made."""

    urls: Urls

    def __call__(self) -> EventMapper:
        ring = ring_of(masters_of(self.urls.postgres, self.urls.sealing, begin=False))
        if ring is not None:
            with psycopg.connect(self.urls.postgres) as connection:
                learn_all(connection, ring)
        return EventMapper().opening(ring)
