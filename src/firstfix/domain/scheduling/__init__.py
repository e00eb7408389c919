"""Work as it is planned and done: how a crew moves a job through its states, and the hours that it leaves."""
