"""What an organisation chooses from: statuses, priorities, job types, time ranges, tasks, items, labor rates, taxes."""
