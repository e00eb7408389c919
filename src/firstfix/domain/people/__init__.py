"""People who sign in or are named on jobs: account types, roles, permission keys."""
