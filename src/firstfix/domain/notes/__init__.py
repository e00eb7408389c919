"""Case notes on a job."""
