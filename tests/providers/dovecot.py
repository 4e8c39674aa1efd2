"""Debian's IMAP server, as a child process in a folder of the test's own."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "mailbox-password-of-a-test"
_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
disable_plaintext_auth = no
ssl = no
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
auth_failure_delay = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server, and one of its mailboxes: whoever logs in has one."""

    port: int
    folder: Path
    user: str = "support@ipe.test"

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(self.user, PASSWORD)
            client.select("INBOX")
            yield client

    def put(self, *mails: bytes) -> None:
        """Deliver mails into the mailbox."""
        with self.session() as client:
            for mail in mails:
                status, said = client.append("INBOX", "", "", mail)
                assert status == "OK", said

    def remove_all(self) -> None:
        with self.session() as client:
            client.store("1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()

    def number_anew(self) -> None:
        """Give the mailbox another UIDVALIDITY, with the mails in it numbered from 1."""
        for name in (
            "dovecot-uidlist",
            "dovecot.index",
            "dovecot.index.log",
            "dovecot.index.cache",
        ):
            (self.folder / "mail" / self.user / name).unlink(missing_ok=True)


@contextmanager
def dovecot_in(folder: Path) -> Iterator[Dovecot]:
    """Yield a server that ends with the context; without one installed, the test is skipped."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        why = "NO IMAP SERVER: dovecot-imapd is not installed"
        if os.environ.get("REQUIRE_IMAP"):
            pytest.fail(why)
        pytest.skip(why)
    server = Dovecot(_free_port(), folder)
    config = folder / "dovecot.conf"
    config.write_text(_CONFIG.format(folder=folder, port=server.port, **_users(folder)))
    child = subprocess.Popen(
        [program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(server, child)
        yield server
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _users(folder: Path) -> dict[str, str]:
    """Return under whose names it works: the package's where we may, else our own."""
    (folder / "mail").mkdir()
    me, mine = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        group = grp.getgrgid(owner.pw_gid).gr_name
        for path in (folder, folder / "mail"):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        names = ("dovecot", "dovecot", "dovenull", "nobody", group)
    else:
        names = (me, mine, me, me, mine)
    keys = ("internal", "internal_group", "login", "user", "group")
    return {**dict(zip(keys, names, strict=True)), "password": PASSWORD}


def _wait(server: Dovecot, child: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + 20
    while True:
        try:
            with server.session():
                return
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.05)
        if child.poll() is not None or time.monotonic() > give_up:
            log = server.folder / "dovecot.log"
            pytest.fail(f"dovecot does not serve: {log.read_text() if log.exists() else ''}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
