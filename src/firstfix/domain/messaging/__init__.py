"""Mail that goes out: who is told of what, the outbox, letters, and addresses for replies."""
