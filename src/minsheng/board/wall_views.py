"""The wall: the same figures for eight metres. In somebody's own session, or on a machine of its own that holds a key for nothing else."""

from __future__ import annotations

from functools import wraps

from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import actions as accounts
from minsheng.accounts import queries as people
from minsheng.accounts.permissions import needs, refused
from minsheng.accounts.rules import Actor
from minsheng.board import charts, time_charts
from minsheng.board.views import overview, page
from minsheng.kit import clock, toast
from minsheng.kit.replicas import reads_replica
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import board as boards
from minsheng.measures import board_cases, trends

COOKIE, PATH = "wall", "/board/screen"
MAKERS = tuple(sorted(boards.MAKES_WALLS))
LATE_LINES = 4  # as many as wall_numbers.html shows
LONGEST_S = 366 * 24 * 3600  # of the cookie; the key ends when it says


def _drawn(seen, by: Actor) -> dict:
    """What is drawn beside the figures, without doors: a wall has no hands; and what is late at those it has no line for."""
    asked = seen.asked
    drawn = [time_charts.coming_and_going(trends.lately(asked, by, boards.WALL_DAYS)), charts.ages(board_cases.ages(by, asked.unit), "", lambda **asked: "")]
    return {"late_more": sum(line.total for line in seen.late[LATE_LINES:]), "charts": drawn}


@page
def wall(request):
    """In the reader's own session: the month or what the address asks for, every number a door."""
    shown = overview(request)
    return render(request, "board/wall.html", {**shown, **_drawn(shown["seen"], request.actor), "numbers": f"{reverse('board_wall_numbers')}?{request.GET.urlencode()}"})


@page
def wall_numbers(request):
    shown = overview(request)
    return render(request, "board/wall_numbers.html", {**shown, **_drawn(shown["seen"], request.actor)})


# --- a machine of its own ------------------------------------------------------------


def _reader(request) -> Actor | None:
    """Asked of the database at each request: a key that was ended opens nothing from the next one on."""
    secret = request.COOKIES.get(COOKIE, "")
    found = people.by_token(secret) if 8 < len(secret) < 200 else None
    reader = boards.wall_reader(found[1]) if found else None
    if found and reader:
        accounts.touch_token(token=found[0])
    return reader


def _with_key(view):
    """Read only, never kept; without a key that lives: where to put one, as 401."""

    read = reads_replica(view)

    @never_cache
    @require_safe
    @wraps(view)
    def door(request):
        by = _reader(request)
        return read(request, by) if by else _no_key(request)

    return door


def _no_key(request, wrong: str = ""):
    had = bool(request.COOKIES.get(COOKIE))
    return render(request, "board/screen_key.html", {"wrong": wrong or ("这台屏幕的密钥已停用或到期，请督办员、分析员另建一把。" if had else "")}, status=401)


def _shown(by: Actor) -> dict:
    asked = boards.wall_asked()
    seen = boards.overview(asked, by, on_wall=True)
    return {"seen": seen, "asked": seen.asked, "kiosk": True, "late_total": sum(line.total for line in seen.late), **_drawn(seen, by)}


@_with_key
def screen(request, by: Actor):
    """Whatever the address adds, a wall shows the centre's last thirty days."""
    return render(request, "board/wall.html", {**_shown(by), "numbers": reverse("board_screen_numbers")})


@_with_key
def screen_numbers(request, by: Actor):
    return render(request, "board/wall_numbers.html", _shown(by))


@sensitive_post_parameters()
@never_cache
@require_POST
def open_screen(request):
    """Posted `key`: kept by this browser for these pages alone, out of reach of scripts."""
    key = request.POST.get("key", "").strip()
    request.COOKIES[COOKIE] = key
    if _reader(request) is None:
        return _no_key(request, "这把密钥不能打开大屏：抄错了，或者已停用、到期，或者是给程序用的。")
    answer = redirect("board_screen")
    answer.set_cookie(COOKIE, key, max_age=LONGEST_S, path=PATH, httponly=True, secure=settings.HTTPS, samesite="Strict")
    return answer


# --- who lets a screen in ------------------------------------------------------------


def _screens(request, status: int = 200, **more):
    now = clock.machine_now()
    rows = [{"token": one, "alive": one.facts().alive(now)} for one in people.tokens(request.person.id) if one.scopes == [boards.WALL]]
    return render(request, "board/screens.html", {"rows": rows, "days": boards.WALL_DAYS, **more}, status=status)


@never_cache
@needs(*MAKERS)
@require_http_methods(["GET", "HEAD", "POST"])
def screens(request):
    """The reader's own keys; a POST with `name` makes one and shows it this once."""
    if request.method != "POST":
        return _screens(request)
    name = request.POST.get("name", "")
    try:
        token, secret = accounts.make_own_token(by=request.actor, name=name, scopes=[boards.WALL])
    except Invalid as wrong:
        return _screens(request, 422, errors=wrong.errors, name=name)
    return _screens(request, made=token, secret=secret, address=request.build_absolute_uri(reverse("board_screen")))


@require_POST
@needs(*MAKERS)
def end(request, token_id: int):
    try:
        accounts.revoke_token_of(token_id=token_id, by=request.actor)
    except Refused as no:
        return refused(request, no.verdict.reason)
    return toast.leave(redirect("board_screens"), "密钥已停用，那台屏幕在一分钟内不再显示数字。")
