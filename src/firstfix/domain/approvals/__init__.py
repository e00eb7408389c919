"""What needs somebody's word: amendments that others ask for."""
