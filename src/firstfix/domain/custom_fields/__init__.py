"""Fields that an organisation declares itself, and the values that its jobs and other things hold in them."""
