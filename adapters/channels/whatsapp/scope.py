"""What the things in one change have in common: whose number it is, and who is who."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.channels.reading import Object, object_of, text_of
from domain.inbound import AccountRef, Peer
from domain.values import Identity

ACCOUNT_SCHEME: Final = "whatsapp.phone_number_id"


@dataclass(frozen=True, slots=True)
class Scope:
    account: AccountRef | None
    contacts: list[Object]
    now: datetime
    """Stands in for a time that is not given."""

    def peer(
        self, phone: str | None, user_id: str | None, parent_id: str | None = None
    ) -> Peer | None:
        """
        Return who has this number or business-scoped id; None where there is neither.

        The number comes first, as answers go there; either may be missing, and the list of
        contacts fills in what the message leaves out. The parent id is the client's with all
        portfolios of a company, and nothing can be sent to it.
        """
        phone = phone.removeprefix("+") if phone else None
        contact = self._contact(phone, user_id)
        phone = phone or text_of(contact, "wa_id")
        user_id = user_id or text_of(contact, "user_id")
        identities: tuple[Identity, ...] = ()
        if phone:
            identities += (Identity("whatsapp.phone", phone),)
        if user_id:
            identities += (Identity("whatsapp.user_id", user_id),)
        if not identities:
            return None
        parent_id = parent_id or text_of(contact, "parent_user_id")
        if parent_id:
            identities += (Identity("whatsapp.parent_user_id", parent_id),)
        profile = object_of(contact, "profile")
        return Peer(identities, text_of(profile, "name") or text_of(profile, "username"))

    def _contact(self, phone: str | None, user_id: str | None) -> Object:
        """Return who matches; else the only one there is, unless he is somebody else."""
        for contact in self.contacts:
            if phone and phone == text_of(contact, "wa_id"):
                return contact
            if user_id and user_id == text_of(contact, "user_id"):
                return contact
        if len(self.contacts) != 1:
            return {}
        only = self.contacts[0]
        differs = _differ(phone, text_of(only, "wa_id")) or _differ(
            user_id, text_of(only, "user_id")
        )
        return {} if differs else only


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
