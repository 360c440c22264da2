"""The loader of Olist's funnel, on rows made up for it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.reading import Reading
from local.replay import olist
from local.replay.dataset import DataError
from local.request import Activity, DealUpdate

LEADS = """mql_id,first_contact_date,landing_page_id,origin
aaa,05-02-2018,lp1,social
bbb,2018-02-06,lp2,
ccc,07-02-2018,lp1,email
"""
DEALS = """mql_id,seller_id,won_date,business_segment,lead_type
ccc,s1,2018-02-05 19:58:54,pet,online_medium
aaa,s2,2018-02-19 10:00:00,,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / olist.LEADS).write_text(LEADS)
    (tmp_path / olist.DEALS).write_text(DEALS)
    return tmp_path


def read(folder: Path) -> olist.Olist:
    data_set = olist.load(folder)
    assert data_set is not None
    return data_set


def test_a_lead_is_a_contact_form_on_its_landing_page(folder: Path) -> None:
    activities = [each.request for each in read(folder).deliveries if isinstance(each.request, Activity)]
    assert activities[0].body() == {
        "id": "olist-lead-aaa",
        "type": "form_submission",
        "occurred_at": "2018-02-05T00:00:00Z",
        "identities": {"email": "aaa@olist.example"},
        "properties": {"form": "contact", "landing_page": "lp1", "origin": "social"},
        "source": "olist",
    }


def test_both_forms_of_date_are_read_and_a_blank_origin_is_unknown(folder: Path) -> None:
    lead = next(each.request for each in read(folder).deliveries if "bbb@olist" in repr(each.request))
    assert isinstance(lead, Activity)
    assert lead.occurred_at == datetime(2018, 2, 6, tzinfo=UTC)
    assert lead.properties["origin"] == "unknown"


def test_a_closed_deal_is_a_won_deal_with_the_lead_as_contact(folder: Path) -> None:
    deals = [each.request for each in read(folder).deliveries if isinstance(each.request, DealUpdate)]
    assert [deal.deal_id for deal in deals] == ["olist-s1", "olist-s2"]
    assert deals[0].body() == {
        "status": "won",
        "occurred_at": "2018-02-05T19:58:54Z",
        "name": "Seller, online medium pet",
        "contacts": [{"email": "ccc@olist.example", "role": "seller"}],
    }
    assert deals[1].name == "Seller"


def test_deliveries_come_in_order_of_time(folder: Path) -> None:
    times = [delivery.arrived_at for delivery in read(folder).deliveries]
    assert times == sorted(times)


def test_the_expected_numbers_come_from_the_rows(folder: Path) -> None:
    reading = Reading({"customer": ({},), "marketing_qualified": ({}, {})})
    checks = {check.label: (check.expected, check.found) for check in read(folder).checks(reading)}
    assert checks == {
        "leads known": (3, 3),
        "leads on a won deal: customers": (2, 1),
        "the other leads: marketing qualified": (1, 2),
    }


def test_the_notes_count_the_deal_that_was_won_too_early(folder: Path) -> None:
    assert "1 won before the first contact" in read(folder).notes


def test_a_folder_without_the_files_is_not_this_data_set(tmp_path: Path) -> None:
    assert olist.load(tmp_path) is None


def test_one_file_alone_is_an_error(folder: Path) -> None:
    (folder / olist.DEALS).unlink()
    with pytest.raises(DataError, match="no such file"):
        olist.load(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (olist.LEADS, LEADS + "aaa,05-02-2018,lp1,social\n", "mql_id aaa stands in more than one row"),
        (olist.DEALS, DEALS + "zzz,s3,2018-02-05 19:58:54,pet,x\n", "name a lead that .* does not have"),
        (olist.LEADS, "mql_id,first_contact_date\naaa,05-02-2018\n", "no column landing_page_id, origin"),
        (olist.LEADS, "mql_id,first_contact_date,landing_page_id,origin\n", "no rows"),
    ],
)
def test_a_file_that_does_not_hold_what_it_should_is_an_error(
    folder: Path, name: str, content: str, message: str
) -> None:
    (folder / name).write_text(content)
    with pytest.raises(DataError, match=message):
        olist.load(folder)


def test_a_date_that_is_none_is_an_error(folder: Path) -> None:
    (folder / olist.LEADS).write_text(LEADS.replace("05-02-2018", "sometime"))
    with pytest.raises(DataError, match="'sometime' is not a date"):
        _ = read(folder).deliveries
