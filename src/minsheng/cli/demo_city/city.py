"""The demo city as an institution: its folder put in as of the day that its books open."""

from __future__ import annotations

from datetime import datetime

from minsheng.cli import city_folder
from minsheng.cli.demo_city import folder
from minsheng.kit import clock

BEGAN = datetime(2023, 1, 3, 10, 0, tzinfo=folder.ZONE)  # the hotline's books open
DUTY = (datetime(2024, 12, 1, 9, 0, tzinfo=folder.ZONE), datetime(2025, 4, 1, 9, 0, tzinfo=folder.ZONE))


def found() -> None:
    with clock.fixed(BEGAN):
        city_folder.put_in(folder.FOLDER, DUTY)
