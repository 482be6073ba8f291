"""Seals: whose word a letter is, by a key that two ends share (HMAC-SHA256; RFC 2104)."""

import hmac
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from twinlab.scope.errors import SyncError, brief

__all__ = ["read_keys"]

MOST_BYTES = 65_536
_FORM = re.compile(r"([^\s=]+)\s*=\s*(\S{16,})")
_NO_SEAL = "no sealed order: twin.propose and twin.approve seal them with a key"


def read_keys(path: str = "") -> dict[str, bytes]:
    """Read who has which key: lines such as ``twin = 5f0c…``, at least 16 signs, in a file.

    Without a file, from the environment variable TWINLAB_KEYS.

    Raises:
        SyncError: others may read the file, or a line says something else.

    >>> read_keys()
    {}
    """
    text = os.environ.get("TWINLAB_KEYS", "")
    try:
        if path:
            text, mode = Path(path).read_text("utf-8"), Path(path).stat().st_mode
            if os.name == "posix" and mode & 0o077:
                raise SyncError(f"keys: others may read {path!r}: chmod 600 {path}")
    except (OSError, ValueError) as problem:
        raise SyncError(f"keys: {path!r} cannot be read ({problem})") from None
    keys = {}
    for at, line in enumerate(filter(None, map(str.strip, re.split("[\n;]", text))), 1):
        found = _FORM.fullmatch(line)
        if found is None:  # without its words: they may be a key
            raise SyncError(f"keys: line {at} is no name = key, with a key of at least 16 signs")
        keys[found[1]] = found[2].encode()
    return keys


def _mac(key: bytes, who: str, text: str) -> str:
    return hmac.new(key, f"{who}\0{text}".encode(errors="surrogatepass"), "sha256").hexdigest()


def seal(key: bytes, who: str, text: str) -> bytes:
    """Seal a text: over the very bytes that travel, and the signer's name."""
    return json.dumps({"by": who, "order": text, "hmac": _mac(key, who, text)}).encode()


def unseal(raw: bytes, key_of: Callable[[str], bytes | None]) -> tuple[str, str]:
    """Who sealed a letter, and its text; a SyncError if the seal is not his."""
    try:
        found = json.loads(raw) if len(raw) <= MOST_BYTES else {}
        who, text, mac = ("" + found[name] for name in ("by", "order", "hmac"))
    except (ValueError, TypeError, LookupError, RecursionError):
        raise SyncError(_NO_SEAL) from None
    key = key_of(who)
    if key is None:
        remedy = f"give its link keys={{{brief(who)}: …}}, or TWINLAB_KEYS"
        raise SyncError(f"the plant has no key of {brief(who)}: {remedy}")
    if not hmac.compare_digest(_mac(key, who, text).encode(), mac.encode(errors="replace")):
        raise SyncError(f"the seal is not that of {brief(who)}: its key or the order is another")
    return who, text
