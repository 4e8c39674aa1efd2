"""People and groups as commands name them: by e-mail address, by name."""

from deploy.applying import group_id, operator_id
from deploy.installation import Installation
from domain.errors import NotFound
from domain.group import Group
from domain.operator import Operator
from domain.values import GroupId, OperatorId


def operator_named(installation: Installation, email: str) -> OperatorId:
    """Return the id of the operator with an e-mail address; raise `NotFound`."""
    id_ = operator_id(installation.desk.naming, email)
    state = installation.reader.state(f"operator-{id_}")
    if not (isinstance(state, Operator) and state.exists):
        raise NotFound("operator", email)
    return id_


def group_named(installation: Installation, name: str) -> GroupId:
    """Return the id of the group with a name; raise `NotFound`."""
    id_ = group_id(installation.desk.naming, name)
    state = installation.reader.state(f"group-{id_}")
    if not (isinstance(state, Group) and state.exists):
        raise NotFound("group", name)
    return id_
