"""Files: a row that says what a file is called, a store that holds its content, and how neither is ever lost."""
