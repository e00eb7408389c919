"""Certificates of an authority of the tests' own, for servers and for who trusts them."""

import ssl

import trustme


def tls_of(authority: trustme.CA, host: str) -> ssl.SSLContext:
    """Make what a server of that name shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """Make what a client has that trusts this authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
