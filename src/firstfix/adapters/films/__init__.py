"""Films: ffmpeg in child processes that can do nothing but read one file and write beside it."""
