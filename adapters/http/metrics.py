"""What this process counts, for `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest


class Metrics:
    """One application's figures, in a registry of its own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.webhooks = Counter(
            "recado_webhooks", "Webhook calls", ["channel", "outcome"], registry=registry
        )
        self.webhook_seconds = Histogram(
            "recado_webhook_seconds",
            "From a webhook's arrival to its answer",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
            registry=registry,
        )
        self.logins = Counter(
            "recado_logins", "Attempts to sign in", ["outcome"], registry=registry
        )
        self.failures = Counter(
            "recado_http_failures", "Requests that failed here", registry=registry
        )
        self.feeds = Gauge("recado_feeds", "Live feeds that are open", registry=registry)
        self.feed_position = Gauge(
            "recado_feed_position", "Position that the live feed has reached", registry=registry
        )
        self.flush_seconds = Histogram(
            "recado_feed_flush_seconds",
            "Time to hand one flush to all feeds",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
            registry=registry,
        )
        self.refetches = Counter(
            "recado_feed_refetches", "Feeds told to start afresh", ["reason"], registry=registry
        )
        self.resumes = Counter("recado_feed_resumes", "Feeds resumed", ["how"], registry=registry)

    def text(self) -> bytes:
        """Return all figures in Prometheus's text format."""
        return generate_latest(self._registry)
