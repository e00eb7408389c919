"""Looking into what strangers send, in child processes that can do nothing else and are thrown away afterwards."""
