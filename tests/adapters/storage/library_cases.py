"""
The library's own test cases for recorders.

Their module also imports the library's cipher, which needs a package that nothing here
uses: an empty stand-in is enough for the cases that are run, and is taken away again.
"""

import sys
from types import ModuleType

_CIPHER = "eventsourcing.cipher"
_stand_in = ModuleType(_CIPHER)
vars(_stand_in)["AESCipher"] = None
_was_there = _CIPHER in sys.modules
sys.modules.setdefault(_CIPHER, _stand_in)

from eventsourcing.tests.persistence import (  # noqa: E402  (the stand-in has to come first)
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

if not _was_there:
    del sys.modules[_CIPHER]

__all__ = ["ApplicationRecorderTestCase", "NonInterleavingNotificationIDsBaseCase"]
