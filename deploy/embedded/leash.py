"""
Become another program that dies when its parent does.

    python -I -S leash.py PARENT SIGNAL USER:GROUP|- PROGRAM [ARGUMENT…]

Run by path, in between fork and exec, so that no Python of ours runs in a forked
copy of a process with threads. Takes on the user first: Linux forgets the wish for
a signal when the user changes, and this interpreter may be unreachable for them.
Elsewhere than on Linux the program is only started.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def _take_on(user: int, group: int) -> None:
    os.setgroups([group])
    os.setgid(group)
    os.setuid(user)


def _die_with(parent: int, death_signal: int) -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit("the parent is gone already")


def main() -> None:
    parent, death_signal, account, *program = sys.argv[1:]
    # The interpreter ignores these for itself; the program wants them as they were.
    for inherited in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(inherited, signal.SIG_DFL)

    try:
        if account != "-":
            user, group = account.split(":")
            _take_on(int(user), int(group))
        _die_with(int(parent), int(death_signal))
        os.execv(program[0], program)  # noqa: S606 - starting a program is what this is for
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
