"""What stands outside the domain: the embedded database, file stores, mail servers, media tools."""
