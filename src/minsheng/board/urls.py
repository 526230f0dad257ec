"""Below /board/."""

from __future__ import annotations

from django.urls import path

from minsheng.board import chart_views, views, wall_views

urlpatterns = [
    path("", views.board, name="board"),
    path("since-yesterday", views.wrong, name="board_wrong"),
    path("numbers", views.numbers, name="board_numbers"),
    path("wall", wall_views.wall, name="board_wall"),
    path("wall/numbers", wall_views.wall_numbers, name="board_wall_numbers"),
    path("flow", chart_views.flow, name="board_flow"),
    path("spread", chart_views.spread, name="board_spread"),
    path("trend", chart_views.trend, name="board_trend"),
    path("cases", chart_views.cases, name="board_cases"),
    path("open", chart_views.open_cases, name="board_open"),
    path("screens", wall_views.screens, name="board_screens"),
    path("screens/<int:token_id>/end", wall_views.end, name="board_screen_end"),
    path("screen", wall_views.screen, name="board_screen"),
    path("screen/open", wall_views.open_screen, name="board_screen_open"),
    path("screen/numbers", wall_views.screen_numbers, name="board_screen_numbers"),
    path("list", views.cases, name="board_list"),
    path("late", views.late, name="board_late"),
    path("co-units", views.co_units, name="board_co"),
    path("table.csv", views.table, name="board_table"),
]
