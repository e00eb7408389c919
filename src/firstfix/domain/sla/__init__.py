"""What is promised about jobs: policies, the hours that count, deadlines, and word before and after one is missed."""
