"""
Sticky: a chat goes back to who knows its client, before any policy is asked (R4).

It looks at the chat, where a policy looks at operators only, and is therefore no policy.
"""

from typing import Final

from domain.values import OperatorId, Timestamp
from routers.records import KnownChat
from routers.state import Routing

NAME: Final = "sticky"
VERSION: Final = 1


def sticky(state: Routing, chat: KnownChat, now: Timestamp) -> OperatorId | None:
    """
    Return who is to have a chat again, if he is eligible; None leaves it to the policy.

    Who had this very chat before it was closed (R15) or he left (R10), then who had the
    client's last chat within the time that the group or the account gives.
    """
    pool = state.pool(chat.group_id)
    wanted = [chat.back_to]
    last, within = state.last_operators.of(chat.client_id), pool.sticky(state.settings)
    if last is not None and within and now - last[1] <= within:
        wanted.append(last[0])
    for operator_id in wanted:
        if operator_id is None or operator_id in chat.left_out:
            continue
        if pool.standings.may_take(operator_id):
            return operator_id
    return None
