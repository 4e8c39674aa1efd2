"""Which provider of sign-ins a company trusts, as whoever runs the machine says."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_LOOPBACK_NAME: Final = "localhost"


@dataclass(frozen=True, slots=True)
class OidcConfig:
    """
    An OpenID provider, and what it calls this installation.

    What the issuer's own origin serves is fetched wherever it is; whatever else its discovery
    document names has to be public.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a client that the provider knows as public: PKCE is all then."""
    name: str = ""
    """What people call it: on the button."""

    @property
    def label(self) -> str:
        return self.name or urlsplit(self.issuer).netloc


def checked_issuer(issuer: str) -> str:
    """
    Return an issuer as it was given; raise `ValueError` for one that could be listened to.

    >>> checked_issuer("https://id.ipe.test/realms/ipe")
    'https://id.ipe.test/realms/ipe'
    """
    parts = urlsplit(issuer)
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError("is the address of an issuer, without a query")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        return issuer
    raise ValueError("is an https address; http is for this machine itself only")


def _is_loopback(host: str) -> bool:
    try:
        return host == _LOOPBACK_NAME or ip_address(host).is_loopback
    except ValueError:
        return False
