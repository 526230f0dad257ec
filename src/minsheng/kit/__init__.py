"""No domain word here: verdicts, the step engine, time-ordered ids, paging, the clock, intervals, partitions."""
