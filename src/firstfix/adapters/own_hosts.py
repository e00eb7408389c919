"""By which names and numbers this machine may be asked for, where nobody has told the server its address."""

import ipaddress
import socket

import psutil

_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})


def find_own_hosts(listens_on: str) -> frozenset[str]:
    """List the hosts of a server: where it listens, and all numbers of the machine where that is everywhere.

    The machine's own name counts too, alone and as the local network knows it.
    """
    name = socket.gethostname().lower()
    hosts = {listens_on, name, f"{name}.local"}
    if _is_everywhere(listens_on):
        hosts |= {
            address.address.partition("%")[0]
            for addresses in psutil.net_if_addrs().values()
            for address in addresses
            if address.family in _INTERNET
        }
    return frozenset(hosts)


def _is_everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
