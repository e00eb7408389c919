"""Three HTTP APIs over one domain: a folder holds one contract, and what stands beside the folders all three share."""
