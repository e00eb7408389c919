"""Three HTTP APIs over one domain. A folder holds one contract; what stands beside the folders is shared by all three."""
