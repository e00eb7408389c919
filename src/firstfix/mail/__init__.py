"""Mail that comes in: one more way in, which takes letters from a mail server or a mailbox."""
