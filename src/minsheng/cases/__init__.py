"""工单: the heart. What may happen to a case, how it happens, who reads it.

The five kinds of every room, each grown into a package of the same name: rules (pure) < models < effects, queries < actions < jobs.
"""
