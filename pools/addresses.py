"""Wallet addresses of the coins: base58check, bech32, bech32m and cashaddr, checked to the last sign. Pure."""

from collections.abc import Iterable
from hashlib import sha256

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
CASH_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
BECH32_CONST, BECH32M_CONST = 1, 0x2BC830A3
VERSIONS = {"BTC": {0x00, 0x05}, "BC2": {0x00, 0x05}, "BCH": {0x00, 0x05}, "DGB": {0x1E, 0x3F, 0x05}}
HRP = {"BTC": "bc", "BC2": "bc", "DGB": "dgb"}
LENGTH_MAX = 120


def is_address(coin: str, text: str) -> bool:
    """Tell whether a text is an address of a coin, checksum and all."""
    if not text or len(text) > LENGTH_MAX or not text.isascii():
        return False
    return base58_version(text) in VERSIONS.get(coin, set()) or is_segwit(HRP.get(coin), text) or is_cash(coin, text)


def problem(coin: str, text: str) -> str:
    """Return what is wrong with a wallet in a sentence, or "" where it is fine."""
    if is_address(coin, text):
        return ""
    other = next((each for each in VERSIONS if each != coin and is_address(each, text)), None)
    if other:
        return f"This is an address of {other}, not of {coin}. Paste the address of your {coin} wallet."
    return f"This is no {coin} address: a sign is missing or wrong. Paste it again from your wallet."


def base58_version(text: str) -> int | None:
    """Return the version byte of a base58check text with a right checksum, or None."""
    value = 0
    for sign in text:
        place = BASE58.find(sign)
        if place < 0:
            return None
        value = value * 58 + place
    zeros = len(text) - len(text.lstrip("1"))
    raw = bytes(zeros) + value.to_bytes((value.bit_length() + 7) // 8, "big")
    good = len(raw) == 25 and sha256(sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]
    return raw[0] if good else None


def polymod(values: Iterable[int], generator: tuple[int, ...], *, bits: int) -> int:
    """Return the checksum polynomial of five-bit values, over 30 bits (bech32) or 40 bits (cashaddr)."""
    checksum, shift = 1, bits - 5
    for value in values:
        top = checksum >> shift
        checksum = ((checksum & ((1 << shift) - 1)) << 5) ^ value
        for place, part in enumerate(generator):
            if top >> place & 1:
                checksum ^= part
    return checksum


def five_bits(text: str) -> list[int] | None:
    found = [BECH32.find(sign) for sign in text]
    return None if -1 in found else found


def eight_bits(values: list[int]) -> bytes | None:
    """Return five-bit values as bytes, None where the padding is wrong."""
    number = 0
    for value in values:
        number = number << 5 | value
    spare = len(values) * 5 % 8
    if spare > 4 or number & ((1 << spare) - 1):
        return None
    return (number >> spare).to_bytes(len(values) * 5 // 8, "big")


def is_segwit(hrp: str | None, text: str) -> bool:
    """Tell whether a text is a segwit address: version 0 in bech32, later ones in bech32m."""
    if hrp is None or (text != text.lower() and text != text.upper()):
        return False
    found, _one, rest = text.lower().rpartition("1")
    values = five_bits(rest)
    if found != hrp or values is None or len(values) < 8 or len(text) > 90:
        return False
    expanded = [*(ord(sign) >> 5 for sign in hrp), 0, *(ord(sign) & 31 for sign in hrp)]
    version, program = values[0], eight_bits(values[1:-6])
    if program is None or version > 16 or not 2 <= len(program) <= 40:
        return False
    if version == 0 and len(program) not in {20, 32}:
        return False
    wanted = BECH32_CONST if version == 0 else BECH32M_CONST
    return polymod([*expanded, *values], BECH32_GENERATOR, bits=30) == wanted


def is_cash(coin: str, text: str) -> bool:
    """Tell whether a text is a Bitcoin Cash address, with or without its prefix."""
    if coin != "BCH" or (text != text.lower() and text != text.upper()):
        return False
    prefix, _colon, rest = text.lower().rpartition(":")
    values = five_bits(rest)
    if prefix not in {"", "bitcoincash"} or values is None or len(values) < 9:
        return False
    expanded = [*(ord(sign) & 31 for sign in "bitcoincash"), 0]
    raw = eight_bits(values[:-8])
    if raw is None or polymod([*expanded, *values], CASH_GENERATOR, bits=40) != 1:
        return False
    return len(raw) == 21 and raw[0] in {0x00, 0x08, 0x10, 0x18}
