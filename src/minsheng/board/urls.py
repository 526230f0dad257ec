"""Below /board/."""

from __future__ import annotations

from django.urls import path

from minsheng.board import chart_views, views

urlpatterns = [
    path("", views.board, name="board"),
    path("numbers", views.numbers, name="board_numbers"),
    path("wall", views.wall, name="board_wall"),
    path("wall/numbers", views.wall_numbers, name="board_wall_numbers"),
    path("flow", chart_views.flow, name="board_flow"),
    path("spread", chart_views.spread, name="board_spread"),
    path("cases", chart_views.cases, name="board_cases"),
    path("open", chart_views.open_cases, name="board_open"),
    path("list", views.cases, name="board_list"),
    path("late", views.late, name="board_late"),
    path("co-units", views.co_units, name="board_co"),
    path("table.csv", views.table, name="board_table"),
]
