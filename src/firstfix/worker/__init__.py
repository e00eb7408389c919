"""Background tasks: one more way in. A task takes ids, opens its own work, calls one command and may run twice."""
