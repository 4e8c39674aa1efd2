"""What an administrator gives Recado to speak as one mailbox."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

Security = Literal["tls", "starttls", "none"]
"""How a connection is sealed: from its beginning, after a word in the clear, or never."""

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_HOST: Final = r"^[A-Za-z0-9._:-]{1,253}$"
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$"


def _is_address(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an address")
    return address


def _fits_a_header(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]{16,256}", secret.get_secret_value()):
        raise ValueError("not 16 to 256 visible ASCII characters")
    return secret


class EmailConfig(BaseModel):
    """IMAP, an HTTP drop, or both bring mails in; SMTP takes them out."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    from_address: Annotated[str, AfterValidator(_is_address)]
    """Answers come from it, and clients write to it."""
    from_name: str = Field(default="", max_length=200, pattern=_ONE_LINE)

    imap_host: str | None = Field(default=None, pattern=_HOST)
    """None: no mailbox is read; mails are handed in by HTTP."""
    imap_port: int = Field(default=993, gt=0, lt=65536)
    imap_security: Security = "tls"
    imap_user: str = ""
    """Empty: `from_address`."""
    imap_password: SecretStr = SecretStr("")
    imap_folder: str = Field(default="INBOX", min_length=1, pattern=_ONE_LINE)

    smtp_host: str = Field(pattern=_HOST)
    smtp_port: int = Field(default=587, gt=0, lt=65536)
    smtp_security: Security = "starttls"
    smtp_user: str = ""
    """Empty: no log-in."""
    smtp_password: SecretStr = SecretStr("")

    reply_secret: Annotated[SecretStr, AfterValidator(_fits_a_header)] | None = None
    """Signs `name+<thread>@…` in Reply-To; None where the mailbox takes no such addresses."""
    drop_secret: Annotated[SecretStr, AfterValidator(_fits_a_header)] | None = None
    """Of mails handed in by HTTP; None: none are taken."""
    poll_seconds: float = Field(default=60, ge=1, le=1500)
    """How long one look at the mailbox waits for something new, by IDLE where there is IDLE."""

    @property
    def domain(self) -> str:
        """Return the domain of our own Message-IDs."""
        return self.from_address.partition("@")[2].lower()

    @model_validator(mode="after")
    def _brings_mails_in(self) -> Self:
        if self.imap_host is None and self.drop_secret is None:
            raise ValueError("neither imap_host nor drop_secret is given")
        return self
