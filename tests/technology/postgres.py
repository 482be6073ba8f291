"""PostgreSQL for tests: Debian's server in a temporary folder, one for each session and worker.

``fresh()`` gives the URL of a database that nobody has used yet. The server starts at the first
call and ends with this process, however that ends. It listens on a socket in a folder of its own,
so no port is taken; by default it sorts words as English does, not by their bytes.
"""

import atexit
import os
import re
import shutil
import signal
import subprocess
import time
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest

OWNER = "postgres"  # a server refuses to run as root
NUMBERS = count()


def unavailable(reason):
    """Skip on a student's machine; fail where everything is required."""
    if os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def fresh():
    """The URL of an empty database."""
    try:
        import psycopg
    except ImportError:
        unavailable("psycopg is not installed: pip install 'twinlab-scom[link]'")
    name = f"test{next(NUMBERS)}"
    with psycopg.connect(url("postgres"), autocommit=True) as base:
        base.execute(f"CREATE DATABASE {name}")
    return url(name)


def url(name):
    return f"postgresql:///{name}?host={server()}&user={OWNER}"


def binary(name):
    """A program of the newest server that is installed."""
    debian = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(debian, key=lambda path: float(path.parts[4]))
    found = str(newest[-1]) if newest else shutil.which(name)
    return found or unavailable(f"no {name} was found: install Debian's postgresql")


@cache
def server():
    """The folder of a server that runs."""
    initdb, postgres = binary("initdb"), binary("postgres")
    home = mkdtemp(prefix="twinlab-postgresql-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    become = []
    if shutil.which("setpriv"):  # the server ends with us, even if we are killed
        become = ["setpriv", "--pdeathsig=keep"]
        if os.geteuid() == 0:
            shutil.chown(home, OWNER)
            become += [f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups"]
    version = re.findall(r"\d+", subprocess.check_output([postgres, "-V"], text=True))
    english = ["--locale-provider=icu", "--icu-locale=en-US"] if int(version[0]) >= 15 else []
    make = ["-D", f"{home}/data", "-U", OWNER, "-A", "trust", "-N"]
    make += ["-E", "UTF8", "--locale=C.UTF-8"]
    made = subprocess.run(
        [*become, initdb, *make, *english], capture_output=True, text=True, cwd="/", check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    told = {"listen_addresses": "", "jit": "off", "unix_socket_directories": home, "fsync": "off"}
    dying = [word.replace("keep", "INT") for word in become]
    with open(f"{home}/log", "w") as log:
        running = subprocess.Popen(
            [*dying, postgres, "-D", f"{home}/data", *(f"--{key}={told[key]}" for key in told)],
            stdout=log, stderr=log, cwd="/",
        )  # fmt: skip
    atexit.register(stop, running)
    while "ready to accept connections" not in Path(home, "log").read_text("utf-8"):
        assert running.poll() is None, Path(home, "log").read_text("utf-8")
        time.sleep(0.02)
    return home


def stop(running):
    running.send_signal(signal.SIGINT)  # at once, whoever is connected
    running.wait()
