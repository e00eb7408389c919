"""What the demonstration's people, places and jobs are called. All made up: phones and e-mail domains are reserved."""
