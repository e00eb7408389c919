"""Which keys and which columns sealed values are in, over all features. Stands above them, as `founding` does."""
