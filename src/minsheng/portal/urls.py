"""The citizen's pages. No personal data in any address: what is open lies sealed in the session."""

from __future__ import annotations

from django.urls import path

from minsheng.portal.views import open_data, pages, ring, send, sign_up, track, transparency

urlpatterns = [
    path("", pages.start, name="portal"),
    path("language", pages.language, name="portal_language"),
    path("ask", pages.ask, name="portal_ask"),
    path("ask/<int:article_id>", pages.article, name="portal_article"),
    path("leader-days", pages.leader_days, name="portal_leader_days"),
    path("leader-days/<int:period_id>/sign-up", sign_up.new, name="portal_sign_up"),
    path("leader-days/mine", sign_up.mine, name="portal_signed_up"),
    path("leader-days/mine/case", sign_up.case, name="portal_signed_up_case"),
    path("privacy", pages.privacy, name="portal_privacy"),
    path("send", send.what, name="portal_send"),
    path("send/another", send.another, name="portal_another"),
    path("send/who", send.who, name="portal_who"),
    path("send/check", send.check, name="portal_check"),
    path("send/done", send.done, name="portal_done"),
    path("send/code", send.code, name="portal_code"),
    path("track", track.track, name="portal_track"),
    path("case", track.case, name="portal_case"),
    path("case/close", track.close, name="portal_close"),
    path("case/part", track.part, name="portal_part"),
    path("case/proof", transparency.of_case, name="portal_proof"),
    path("case/proof/<int:leaf_id>.json", transparency.proof_file, name="portal_proof_file"),
    path("transparency", transparency.listed, name="portal_transparency"),
    path("transparency/how", transparency.how, name="portal_how_to_check"),
    path("transparency/days/<str:name>.json", transparency.day_file, name="portal_day_file"),
    path("transparency/data", open_data.listed, name="portal_data"),
    path("transparency/data/<str:name>", open_data.file, name="portal_data_file"),
    path("transparency/months/<str:name>.zip", transparency.month_file, name="portal_month_file"),
    path("case/<slug:step>", track.step, name="portal_step"),
    path("ring", ring.ring, name="portal_ring"),
    path("ring/line", ring.line, name="portal_ring_line"),
    path("robots.txt", pages.robots, name="robots"),
]
