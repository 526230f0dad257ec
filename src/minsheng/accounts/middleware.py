"""Who asks: sets request.person (accounts.queries.Me or None) and request.actor (accounts.rules.Actor or None)."""

from __future__ import annotations

from minsheng.accounts import login, queries, rules
from minsheng.kit import clock
from minsheng.kit.api_middleware import API


class ActorMiddleware:
    """After the session's. One statement a request; a session past its time is ended here and `request.ended` says why.

    In the API nobody is known before the token is read.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.person = request.actor = None
        request.ended = ""
        if request.path_info.startswith(API):
            return self.get_response(request)
        me = queries.me(request.session.session_key)
        if me is not None:
            alive = rules.session_alive(me.started_at, me.seen_at, clock.machine_now(), me.actor.roles)
            if alive:
                request.person, request.actor = me, me.actor
                login.see(me=me, session_key=request.session.session_key)
            else:
                request.ended = alive.reason
                request.session.flush()
        return self.get_response(request)
