"""A mosquitto of our own on 127.0.0.1: passwords, an access list, a free port."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

ACCESS = """
user plant
topic write twinlab/events/plant/#
topic read twinlab/commands/#
topic read twinlab/heard
user mill
topic write twinlab/events/mill/#
user twin
topic read twinlab/events/#
topic write twinlab/heard
topic readwrite factory/#
user approver
topic write twinlab/commands/#
"""


def unavailable(reason):
    """Skip on a student's machine; fail where everything is required."""
    if os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def mosquitto_is_here():
    """Skip a test where there is no broker, or no way to talk to it."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    found = shutil.which("mosquitto", path=path)
    if not found:
        unavailable("mosquitto is not installed: apt install mosquitto")
    try:
        import paho.mqtt.client  # noqa: F401
    except ImportError:
        unavailable("paho-mqtt is not installed: pip install 'twinlab-scom[link]'")
    return found


class Mosquitto:
    """A broker that can be killed and started again; every user's password is their name."""

    def __init__(self, folder: Path, access: str = ACCESS) -> None:
        self.folder, self.program = folder, mosquitto_is_here()
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "access").write_text(access)
        (folder / "passwords").touch(mode=0o600)
        users = [line.split()[1] for line in access.splitlines() if line.startswith("user ")]
        for user in users:
            known = ["mosquitto_passwd", "-b", folder / "passwords", user, user]
            subprocess.run(known, check=True, capture_output=True)
        (folder / "settings").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\n"
            f"password_file {folder}/passwords\nacl_file {folder}/access\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\n"
            "max_queued_messages 100000\nmax_inflight_messages 1000\n"
            + ("user root\n" if os.geteuid() == 0 else "")
        )
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            command = [self.program, "-c", self.folder / "settings"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        while True:
            with socket.socket() as caller:
                if not caller.connect_ex(("127.0.0.1", self.port)):
                    return
            if self.process.poll() is not None:
                pytest.fail((self.folder / "log").read_text()[-2000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """As a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def url(self, user: str, password: str = "") -> str:
        """The address for a user."""
        return f"mqtt://{user}:{password or user}@127.0.0.1:{self.port}"

    def __enter__(self) -> "Mosquitto":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
