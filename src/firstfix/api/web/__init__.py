"""The web API (`/web/…`): our own browser app's, free to change with it."""
