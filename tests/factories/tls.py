"""What all clients share."""

import httpx

TLS = httpx.create_ssl_context()
"""Made once: reading all authorities takes each client a tenth of a second, and who waits for a server makes many."""
