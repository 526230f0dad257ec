"""电话: calls of the centre as its exchange wrote them down, who was at the desk, who is rung back, what was recorded.

The exchange owns a call while it lasts; what it writes (queue_log, CEL) is the truth, read here by offset in the transaction that keeps the rows.
Beside the usual files: `gateway.py`, what an exchange is asked to do, with its vendors; `teller.py`, by which another program hears of calls;
`simulator.py`, which writes the same text as an exchange.
"""
