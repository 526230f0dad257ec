"""接口: `/api/v1` for programs. Tokens with scopes, the same names and the same refusals as the screens; no cookies are read.

Beside views: `door.py` (who asks, and every error in one shape), `schemas.py` (what is given and returned), `shapes.py` (a case
as JSON, masked as on the screen), `urls.py`.
"""
