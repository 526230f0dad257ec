"""People, log-in, the one enum of roles, whose unit.

Beside the usual files: `login.py` (log-in and log-out, deeds of nobody known yet) with `throttle.py`, `try_limits.py` (how wrong tries are
counted) and `known_devices.py`; `device_words.py` (what a browser is called), `passwords.py` (which are guessed first), `second_factor.py` (codes
from a phone), `sessions.py` (the session store that settings name), `bulk.py` (many accounts from one sheet), `middleware.py` (request.person,
request.actor) and `permissions.py` (the door of views, `@needs`).
"""
