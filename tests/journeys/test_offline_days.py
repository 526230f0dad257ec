"""The harder days of a unit's phone lose nothing and say at once what cannot be taken."""


def test_a_phone_takes_what_its_camera_makes_and_a_whole_day_arrives_in_order(journey):
    told = journey("offline_days")
    photo = told["photo"]
    assert photo["large"] > 20 * 1048576 and "21.0 MB" in photo["said"] and "其他已填的都在" in photo["said"] and photo["typed"] == "阀门井渗水。"
    [[name, size, kind]] = photo["files"]
    assert name == "现场照片.jpg" and kind == "image/jpeg" and size < 5 * 1048576, "fit for a weak network before it is noted"
    assert told["kept_photo"] == ["JPEG", [1920, 2560], 0], "upright, and without a trace of the phone"
    day = told["day"]
    assert day["waits"] == day["many"] and day["left"] == 0, day
    assert day["found"] == [[f"第{n}处" for n in range(first, day["many"], 3)] for first in range(3)], "each order's in the order they were noted, none twice"
    assert told["clock"] == [60, 60, 60], "whatever the phone's own clock says"
    assert told["old"] == [200, 404], "a kept page of the version before still has its scripts"
    assert told["two"]["history"].count("sign") == 1 and told["two"]["history"].count("contact") == 2
    assert "您记下的" in told["two"]["clash"] and "签收" in told["two"]["clash"] and told["two"]["waits"] == 2
    assert told["denied"] == "contact", "a browser that keeps nothing works on line"
