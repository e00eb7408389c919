"""The composition root: the only place that wires parts together. One module for each process, with what that needs."""
