"""What a job brings in, as SQL: computed where it is read, and kept nowhere.

Revenue is the sum of the tasks' prices, of quantity times price of their items, and of the lines of labor, each of
which is rounded half-up to two places first.
"""

LABOR_AMOUNT = "round(job_labor.minutes * job_labor.rate::numeric(28, 12) / 60, 2)"
"""What a line of labor comes to. With twelve places no quotient is rounded up to a half before it is rounded."""
ITEM_AMOUNT = "job_task_items.quantity * job_task_items.unit_price"
"""What an item of a task comes to."""
