"""What happened: one row of `events` for every change, written in the transaction of the change."""
