"""Where work happens and for whom: customers, locations, contacts (tenants), assets."""
