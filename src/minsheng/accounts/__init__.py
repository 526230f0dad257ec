"""People, log-in, the one enum of roles, whose unit.

Beside the usual files: `entry.py` (log-in and log-out, deeds of nobody known yet), `sessions.py` (the session store that settings
name), `bulk.py` (many accounts from one sheet), `middleware.py` (request.person, request.actor) and `access.py` (the door of views, `@needs`).
"""
