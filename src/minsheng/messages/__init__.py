"""SMS, work messages, mail: one outbox."""
