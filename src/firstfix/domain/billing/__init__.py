"""What is charged for the work: invoices of completed jobs."""
