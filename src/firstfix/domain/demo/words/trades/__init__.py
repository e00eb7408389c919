"""What goes wrong, and what falls due: one module a job type, each with the `BRIEFS` of its jobs."""
