"""Finding data sets in folders."""

from pathlib import Path

import pytest

from local.replay import olist
from local.replay.dataset import DataError
from local.replay.discovery import discover

LEADS = "mql_id,first_contact_date,landing_page_id,origin\naaa,05-02-2018,lp1,social\n"
DEALS = "mql_id,seller_id,won_date,business_segment,lead_type\naaa,s1,2018-02-19 10:00:00,pet,x\n"


def fill(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / olist.LEADS).write_text(LEADS)
    (folder / olist.DEALS).write_text(DEALS)
    return folder


def test_a_data_set_is_found_in_the_folder_itself(tmp_path: Path) -> None:
    assert [data_set.name for data_set in discover(fill(tmp_path))] == ["Olist marketing funnel"]


def test_a_data_set_is_found_one_folder_down(tmp_path: Path) -> None:
    fill(tmp_path / "olist")
    assert [data_set.name for data_set in discover(tmp_path)] == ["Olist marketing funnel"]


def test_an_empty_folder_says_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"olist_marketing_qualified_leads_dataset\.csv"):
        discover(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        discover(tmp_path / "nowhere")
