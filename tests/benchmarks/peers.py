"""The peers, each in a virtual environment of its own under ``.venv/peers``."""

import json
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
PLACE = HERE.parents[1] / ".venv" / "peers"

# Name → (what to install, why).
PEERS = {
    "stockpyl": ["stockpyl", "numpy<2"],  # its results are wrong or missing with NumPy 2
    "supplynetpy": ["supplynetpy"],
}


class NoPeerError(Exception):
    """Why a peer cannot be timed here."""


def time_peer(name, chain):
    """Node-periods per second of CPU of a peer on a chain, or NoPeerError."""
    script = HERE / f"peer_{name}.py"
    done = _call([_python(name), str(script), chain], f"{name} does not run", 120)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["nodes"] * found["periods"] / found["seconds"]


def _python(name):
    """The Python of a peer's environment, which is made on the first call."""
    folder = PLACE / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    if not stamp.exists():
        print(f"installing {name} into .venv/peers …", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *PEERS[name]]
        _call(install, f"pip cannot install {name}", 300)
        stamp.touch()
    return str(python)


def _call(command, trouble, limit):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        raise NoPeerError(f"{trouble}: no answer within {limit} s") from None
    except subprocess.CalledProcessError as problem:
        said = [line for line in problem.stderr.splitlines() if line and "WARNING" not in line]
        raise NoPeerError(f"{trouble}: {said[-1] if said else 'no reason given'}") from None
