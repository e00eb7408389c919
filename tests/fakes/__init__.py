"""Stand-ins for what ports need, held to the same contract tests as the real ones."""
