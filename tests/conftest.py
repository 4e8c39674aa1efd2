"""Fixtures that all tests share, and how they are started."""

import signal

# A shell that runs tests in the background has Ctrl-C ignored, also by all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.fixtures_servers"]
