"""Client certificates as authors paste them into `cert_pem`: a certificate, perhaps with its chain, and its key.

Only the form is looked at: whether the parts are there, complete, and not locked with a passphrase that nobody could
give. Whether the key belongs to the certificate shows when the certificate is used. No text of an error holds anything
of what was pasted.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

MAX_CHARACTERS = 65_536

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----((?:(?!-----).)*)-----END \1-----", re.DOTALL)
_DASHES = re.compile(r"-----(?:BEGIN|END) ")
_CERTIFICATE = "CERTIFICATE"
_KEYS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
_LOCKED = "ENCRYPTED PRIVATE KEY"


class BadPem(ValueError):
    """The text is no certificate with its key; the message is for the author, and holds nothing of the text."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client certificate, its parts as PEM text that ends with a new line."""

    chain: str
    """The certificate, then those that it is signed with, in the order they were given."""
    key: str = field(repr=False)


def read_pem(pasted: str) -> Certificate:
    """Return the parts of a PEM text in any order, other blocks left out; raise `BadPem`."""
    if len(pasted) > MAX_CHARACTERS:
        raise BadPem(f"a certificate with its key has at most {MAX_CHARACTERS} characters")
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(pasted)]
    if len(_DASHES.findall(pasted)) != 2 * len(blocks):
        raise BadPem("a block of the PEM text is not complete")
    labels = [label for label, _ in blocks]
    keys = [(label, content) for label, content in blocks if label in _KEYS]
    if _LOCKED in labels or any("Proc-Type" in content for _, content in keys):
        raise BadPem("the private key is encrypted; paste it without a passphrase")
    chain = [_block(label, content) for label, content in blocks if label == _CERTIFICATE]
    if not chain:
        raise BadPem("the PEM text holds no certificate")
    if len(keys) != 1:
        raise BadPem(f"the PEM text holds {'more than one' if keys else 'no'} private key")
    return Certificate("".join(chain), _block(*keys[0]))


def _block(label: str, content: str) -> str:
    """Return a block with lines of the usual length, after a look whether it can be what it says."""
    letters = "".join(content.split())
    try:
        der = base64.b64decode(letters, validate=True)
    except ValueError:
        raise BadPem(f"a block {label} is not base64") from None
    if not _is_one_sequence(der):
        raise BadPem(f"a block {label} is cut off, or is something else")
    lines = [letters[at : at + 64] for at in range(0, len(letters), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _is_one_sequence(der: bytes) -> bool:
    """Tell whether the bytes are one ASN.1 sequence and nothing more."""
    if len(der) < 2 or der[0] != 0x30:
        return False
    if der[1] < 0x80:
        return len(der) == 2 + der[1]
    size = der[1] & 0x7F
    return len(der) == 2 + size + int.from_bytes(der[2 : 2 + size], "big")
