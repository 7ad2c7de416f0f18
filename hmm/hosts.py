"""Which addresses HMM speaks to: private networks, and those that HMM_DEVICE_NETWORKS adds."""

import ipaddress
import re
import socket

from django.conf import settings

PRIVATE = tuple(ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
PORT_MAX = 65535
NOWHERE = ".invalid"  # such a name never has an address (RFC 6761), so no server of names is waited for
HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*", re.I
)
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefusedError(ValueError):
    """An address HMM does not speak to; the message names it and the remedy."""


def parse_address(text: str, *, default_port: int) -> tuple[str, int]:
    """Split "192.168.1.20:8080" or "[fd00::5]:80" into host and port. Nothing is resolved.

    A `default_port` of 0 tells the caller that none was typed.

    Raise AddressRefusedError for what is no address, and for a literal address outside private networks.
    """
    bare = text.strip().removeprefix("http://").rstrip("/")
    host, port_text = split_port(bare)
    try:
        port = int(port_text) if port_text else default_port
    except ValueError as error:
        raise AddressRefusedError(f"{port_text!r} is no port. Write 1 to {PORT_MAX}.") from error
    if port_text and not 1 <= port <= PORT_MAX:
        raise AddressRefusedError(f"{port} is no port. Write 1 to {PORT_MAX}.")
    literal = as_ip(host)
    if literal is not None:
        refuse_unless_allowed(literal, host)
        return str(literal), port
    if not HOST_NAME.fullmatch(host) or host.replace(".", "").isdigit() or host.lower().startswith("0x"):
        raise AddressRefusedError(f"{text.strip()!r:.80} is no address. Write it like 192.168.1.20.")
    return host.lower(), port


def split_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        return (host, rest.removeprefix(":")) if bracket else (text, "")
    if text.count(":") == 1:
        host, _colon, port = text.partition(":")
        return host, port
    return text, ""


def as_ip(host: str) -> IpAddress | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def is_allowed(address: IpAddress) -> bool:
    """Tell whether an address lies in a private network, or in one that HMM_DEVICE_NETWORKS adds."""
    networks = (*PRIVATE, *settings.HMM_DEVICE_NETWORKS)
    return any(address.version == network.version and address in network for network in networks)


def refuse_unless_allowed(address: IpAddress, text: str) -> None:
    if is_allowed(address):
        return
    shown = text if text == str(address) else f"{text} ({address})"
    if any(address.version == network.version and address in network for network in LOOPBACK):
        raise AddressRefusedError(f"{shown} is this computer itself. Write the miner's address in your network.")
    raise AddressRefusedError(
        f"{shown} is not in a private network (192.168.x.x, 10.x.x.x, 172.16–31.x.x)."
        " If your miners use another one, add it to HMM_DEVICE_NETWORKS."
    )


def check_address(host: str) -> IpAddress:
    """Resolve a host and return the address to connect to. Raise AddressRefusedError, or OSError without one."""
    literal = as_ip(host)
    if literal is not None:
        refuse_unless_allowed(literal, host)
        return literal
    if host.endswith(NOWHERE):
        raise socket.gaierror(socket.EAI_NONAME, "its address is not known")
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = [found for found in (as_ip(str(answer[4][0])) for answer in answers) if found is not None]
    if not addresses:
        raise OSError(f"{host} has no address.")
    for address in addresses:
        refuse_unless_allowed(address, host)
    return addresses[0]
