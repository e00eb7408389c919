"""Jobs: the aggregate with its numbering, status and stage, crew, time slots and contacts."""
