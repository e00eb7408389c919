"""What needs somebody's word: amendments that others ask for, and gates of statuses that need approval."""
