"""A phone's position is read or refused in words, and held against where the case is: marked, never judged."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.cases.rules import places
from minsheng.cases.rules.places import Fit
from minsheng.kit.read_values import BadValue
from minsheng.org.rules import Circle

AT = datetime.fromisoformat("2025-01-08T09:00:00+08:00")
TOWN = Circle(29.65, 91.12, 10)


def said(north=29.65, east=91.12, metres=12, at=AT) -> str:
    return f"{north},{east},{metres},{at.isoformat()}"


DAY = "2025-01-08T09:00+08:00"


@pytest.mark.parametrize("value", [
    "", "29.65", "29.65,91.12", "29.65,91.12,12", f"91,0,1,{DAY}", f"0,181,1,{DAY}", f"nan,0,1,{DAY}", f"inf,0,1,{DAY}", f"0,0,-1,{DAY}", f"0,0,100001,{DAY}",
    f"0,0,nan,{DAY}", "0,0,1,2025-01-08T09:00", "0,0,1,昨天", "路口,东边,近,早上", 29.65, None, ["29.65"], {"lat": 1}, f"0,0,1,{DAY},x",
])
def test_what_is_no_position_is_refused_in_words(value):
    with pytest.raises(BadValue):
        places.read(value)


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, places.ROUGH))
def test_a_position_is_kept_to_some_ten_metres_and_read_back(north, east, metres):
    kept = places.read(said(north, east, metres))
    found = places.of(kept)
    assert places.read(kept) == kept and abs(found.north - north) <= 0.00006 and abs(found.east - east) <= 0.00006 and (found.metres, found.at) == (metres, AT)


@pytest.mark.parametrize(("position", "around", "fit", "beyond"), [
    (said(), TOWN, Fit.INSIDE, False), (said(29.741), TOWN, Fit.OUTSIDE, False), (said(30.65), TOWN, Fit.OUTSIDE, True), (said(), None, Fit.UNKNOWN, False),
    (said(29.745, metres=900), TOWN, Fit.INSIDE, False),  # it may be as far inside as it is off
    (said(at=AT - timedelta(hours=3)), TOWN, Fit.ELSEWHEN, False), (said(at=AT + timedelta(hours=3)), None, Fit.ELSEWHEN, False),
    (said(at=AT - timedelta(hours=2)), TOWN, Fit.INSIDE, False), (said(30.65, at=AT - timedelta(days=1)), TOWN, Fit.OUTSIDE, True),
])
def test_a_position_is_held_against_district_and_hour(position, around, fit, beyond):
    found, km = places.fit(places.of(places.read(position)), AT, around)
    assert found is fit and (km >= 50 if beyond else km <= 1) and (km > 0) == (fit is Fit.OUTSIDE)


def test_a_degree_of_the_meridian_is_a_hundred_and_eleven_kilometres():
    assert places.km_between(0, 0, 1, 0) == pytest.approx(111.2, abs=0.1) and places.km_between(10, 179.9, 10, -179.9) < 25
