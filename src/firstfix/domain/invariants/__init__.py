"""What must always hold, over all features and organisations: read as the database's owner, never repaired here."""
