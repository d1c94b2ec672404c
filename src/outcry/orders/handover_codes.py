"""The code that a buyer shows and a seller scans or types (SPEC ORD-3). Pure.

A code is a signature: of the order, the buyer, the code's own id and its end, shortened to what a person can type.
Who has only the database cannot make one, and one for another order or time does not fit.
"""

import hmac
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import segno

# Crockford's: without I, L, O and U; 10 characters are 50 bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARACTERS = 10
GROUP_CHARACTERS = 5
PURPOSE = "handover-code"
_BITS_PER_CHARACTER = 5
_MISREAD = str.maketrans("OIL", "011")
_QUIET_MODULES = 4


def sign(key: bytes, *, code_id: UUID, order_id: UUID, buyer_id: UUID, expires_us: int) -> str:
    """The code, without its hyphen."""
    facts = code_id.bytes + order_id.bytes + buyer_id.bytes + expires_us.to_bytes(8, "big")
    digest = hmac.new(key, facts, sha256).digest()
    number = int.from_bytes(digest[:8], "big") >> (64 - CODE_CHARACTERS * _BITS_PER_CHARACTER)
    shifts = range((CODE_CHARACTERS - 1) * _BITS_PER_CHARACTER, -1, -_BITS_PER_CHARACTER)
    return "".join(ALPHABET[number >> shift & 31] for shift in shifts)


def grouped(code: str) -> str:
    """As people read it: `7K2QD-9MXW4`."""
    return f"{code[:GROUP_CHARACTERS]}-{code[GROUP_CHARACTERS:]}"


def normalised(typed: str) -> str | None:
    """What was scanned or typed as the code it may be: any case, spaces and hyphens, O for 0, I and L for 1.

    None when it can be no code.
    """
    code = "".join(typed.split()).replace("-", "").upper().translate(_MISREAD)
    return code if len(code) == CODE_CHARACTERS and set(code) <= set(ALPHABET) else None


def is_signed(keys: list[bytes], code: str, *, code_id: UUID, order_id: UUID, buyer_id: UUID, expires_us: int) -> bool:
    """Whether one of `keys` made the code of exactly these facts, in constant time."""
    made = [sign(key, code_id=code_id, order_id=order_id, buyer_id=buyer_id, expires_us=expires_us) for key in keys]
    return any(hmac.compare_digest(one.encode(), code.encode()) for one in made)


def qr_svg(code: str) -> str:
    """The grouped code as an SVG to put into a page: black on white whatever the theme, as cameras like it."""
    drawn = segno.make_qr(grouped(code), error="q", boost_error=False)
    buffer = BytesIO()
    drawn.save(
        buffer, kind="svg", border=_QUIET_MODULES, dark="#000", light="#fff", xmldecl=False, nl=False, omitsize=True,
        svgclass="handover-code", title="Handover code",
    )  # fmt: skip
    return buffer.getvalue().decode().replace("<svg ", '<svg shape-rendering="crispEdges" role="img" ', 1)
