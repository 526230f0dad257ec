"""No domain word here: verdicts, readers of values, the step engine, time-ordered ids, paging, the clock, intervals, partitions."""
