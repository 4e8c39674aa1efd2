"""The policies that come with the product, by the name that settings give them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from routers.policies.base import Policy
from routers.policies.least_busy import LEAST_BUSY
from routers.policies.most_skilled import MOST_SKILLED
from routers.policies.round_robin import ROUND_ROBIN

BUILT_IN: Final[Mapping[str, Policy]] = MappingProxyType(
    {policy.name: policy for policy in (LEAST_BUSY, ROUND_ROBIN, MOST_SKILLED)}
)
