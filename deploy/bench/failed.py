"""The one way in which a run ends early."""


class BenchFailed(Exception):
    """Something that is measured did not come up, or gave up half-way: there are no figures."""
