"""The main job through HTTP: activities, deals and decisions go in, the right stage comes out, and says why."""

from __future__ import annotations

from tests.e2e.api import Api, someone, something


def test_one_prospect_from_the_first_visit_to_customer_and_evangelist(api: Api) -> None:
    email, visitor, deal = someone(), something(), something()
    visit = api.activity(type="website_visit", occurred_at="2026-03-01T08:00:00Z", identities={"visitor": visitor})
    assert (visit["stage"], visit["transition"]) == ("anonymous", None)

    both = {"email": email, "visitor": visitor}
    known = api.activity(type="email_sent", occurred_at="2026-03-01T09:00:00Z", identities=both)
    assert known["stage"] == "engaged"
    assert known["transition"]["from"] == "anonymous"
    assert known["transition"]["occurred_at"].startswith("2026-03-01T09:00:00")
    prospect = known["prospect_id"]

    form = api.activity(
        id=something(),
        type="form_submission",
        occurred_at="2026-03-02T09:30:00Z",
        identities={"email": email},
        properties={"form": "demo"},
    )
    assert form["stage"] == "marketing_qualified"
    assert form["event_id"] in form["transition"]["evidence"]

    accepted = api.decide(prospect, action="accept", occurred_at="2026-03-03T10:00:00Z", qualification={"need": True})
    assert accepted["stage"] == "sales_qualified"
    assert accepted["transition"]["cause"] == "decision"
    assert accepted["transition"]["actor"] == "sam@us.example"

    contacts = [{"email": email, "role": "decision_maker"}]
    opened = api.deal(deal, status="open", occurred_at="2026-03-04T10:00:00Z", contacts=contacts)
    assert [one["stage"] for one in opened["prospects"]] == ["opportunity"]
    won = api.deal(deal, status="won", occurred_at="2026-03-20T10:00:00Z")
    assert won["prospects"][0]["transition"]["to"] == "customer"
    api.activity(
        type="nps_response", occurred_at="2026-04-20T10:00:00Z", identities={"email": email}, properties={"score": 10}
    )

    state = api.state(prospect)
    assert (state["stage"], state["lead_status"]) == ("evangelist", "Closed-Won")
    assert api.state(visit["prospect_id"])["prospect_id"] == prospect
    assert [move["to"] for move in api.transitions(prospect)] == [
        "engaged",
        "marketing_qualified",
        "sales_qualified",
        "opportunity",
        "customer",
        "evangelist",
    ]


def test_the_explanation_names_what_held_and_what_is_missing(api: Api) -> None:
    sent = api.activity(type="website_visit", identities={"email": someone()})

    explanation = api.ok("GET", f"/prospects/{sent['prospect_id']}/explanation")

    assert explanation["stage"] == "engaged"
    assert explanation["because"]["evidence"] == [sent["event_id"]]
    ahead = {stage["stage"]: stage["criterion"] for stage in explanation["next"]}
    assert list(ahead) == ["marketing_qualified", "sales_qualified", "opportunity", "customer", "evangelist"]
    assert not ahead["marketing_qualified"]["met"]
    assert "a score of 50 (it is 1)" in str(ahead["marketing_qualified"])


def test_the_same_activity_twice_is_one(api: Api) -> None:
    body = {"id": something(), "type": "website_visit", "identities": {"email": someone()}}

    first = api.request("POST", "/activities", json=body)
    second = api.request("POST", "/activities", json=body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["duplicate"] is True
    assert second.json()["transition"] is None
    assert api.state(first.json()["prospect_id"])["counts"]["activities"] == 1


def test_a_batch_keeps_the_good_entries_whatever_the_bad_ones_are(api: Api) -> None:
    email, known = someone(), something()
    good = {"id": known, "type": "website_visit", "identities": {"email": email}}
    batch = [good, {"type": "website_visit", "identities": {}}, good, {"type": "Nope!", "identities": {"email": email}}]

    answer = api.request("POST", "/activities/batch", json={"activities": batch})

    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["duplicates"]) == (1, 1)
    assert [entry["index"] for entry in answer.json()["rejected"]] == [1, 3]
    state = api.find(email=email)
    assert state is not None
    assert (state["stage"], state["counts"]["activities"]) == ("engaged", 1)


def test_a_contact_taken_off_a_deal_and_a_deleted_deal_are_corrections(api: Api) -> None:
    stays, leaves, deal = someone(), someone(), something()
    both = [{"email": stays}, {"email": leaves}]
    api.deal(deal, status="won", occurred_at="2026-02-01T10:00:00Z", contacts=both)

    api.deal(deal, occurred_at="2026-02-02T10:00:00Z", contacts=[{"email": stays}])

    left = api.find(email=leaves)
    assert left is not None
    assert (left["stage"], left["lead_status"], left["deals"]) == ("suspect", "New", [])
    moves = api.transitions(left["prospect_id"])
    assert [(move["to"], move["cause"]) for move in moves] == [
        ("customer", "rule"),
        ("suspect", "rule"),
        ("suspect", "correction"),
    ]
    assert moves[0]["corrected_by"] is not None

    api.ok("DELETE", f"/deals/{deal}")
    state = api.find(email=stays)
    assert state is not None
    assert state["stage"] == "suspect"


def test_deal_updates_are_applied_in_the_order_of_their_times(api: Api) -> None:
    email, deal = someone(), something()
    api.deal(deal, status="won", occurred_at="2026-02-03T10:00:00Z")
    api.deal(deal, occurred_at="2026-02-01T10:00:00Z", contacts=[{"email": email}])
    api.deal(deal, status="open", occurred_at="2026-02-02T10:00:00Z")

    state = api.find(email=email)

    assert state is not None
    assert (state["stage"], state["deals"][0]["status"]) == ("customer", "won")
    moves = api.transitions(state["prospect_id"])
    assert [(move["to"], move["occurred_at"][:10]) for move in moves] == [
        ("suspect", "2026-02-01"),
        ("opportunity", "2026-02-02"),
        ("customer", "2026-02-03"),
    ]


def test_a_crm_id_first_and_the_email_later_are_one_prospect(api: Api) -> None:
    email, lead, deal = someone(), something(), something()
    opened = api.deal(deal, status="open", occurred_at="2026-02-01T10:00:00Z", contacts=[{"crm": {"sf": lead}}])
    old = opened["prospects"][0]["prospect_id"]

    api.activity(
        type="website_visit", occurred_at="2026-02-02T10:00:00Z", identities={"email": email, "crm": {"sf": lead}}
    )

    by_email, by_crm = api.find(email=email), api.find(crm=f"sf:{lead}")
    assert by_email is not None
    assert by_email == by_crm
    assert api.state(old) == by_email
    assert by_email["stage"] == "opportunity"


def test_a_cookie_seen_with_another_email_merges_nobody(api: Api) -> None:
    ann, bob, cookie = someone(), someone(), something()
    api.activity(type="website_visit", occurred_at="2026-02-01T10:00:00Z", identities={"email": ann, "visitor": cookie})
    api.activity(type="email_sent", occurred_at="2026-02-02T10:00:00Z", identities={"email": bob, "visitor": cookie})
    later = api.activity(type="website_visit", occurred_at="2026-02-03T10:00:00Z", identities={"visitor": cookie})
    early = api.activity(type="website_visit", occurred_at="2026-02-01T09:00:00Z", identities={"visitor": cookie})

    first, second = api.find(email=ann), api.find(email=bob)

    assert first is not None
    assert second is not None
    assert first["prospect_id"] != second["prospect_id"]
    assert (later["prospect_id"], early["prospect_id"]) == (second["prospect_id"], first["prospect_id"])
    assert (first["counts"]["activities"], second["counts"]["activities"]) == (2, 2)


def test_a_merge_joins_two_emails_and_an_unmerge_parts_them_again(api: Api) -> None:
    ann, anna = someone(), someone()
    one = api.activity(type="website_visit", occurred_at="2026-02-01T10:00:00Z", identities={"email": ann})
    form = {"type": "form_submission", "properties": {"form": "demo"}, "occurred_at": "2026-02-02T10:00:00Z"}
    two = api.activity(**form, identities={"email": anna})
    assert (one["stage"], two["stage"]) == ("engaged", "marketing_qualified")

    merged = api.decide(one["prospect_id"], action="merge", prospect_id=two["prospect_id"], reason="the same person")
    assert merged["prospect_id"] == one["prospect_id"]
    assert api.state(two["prospect_id"])["prospect_id"] == one["prospect_id"]
    assert api.state(one["prospect_id"])["stage"] == "marketing_qualified"
    refused = api.request(
        "POST", f"/prospects/{two['prospect_id']}/decisions", json={"action": "accept", "by": "sam@us.example"}
    )
    assert (refused.status_code, refused.json()["survivor"]) == (409, one["prospect_id"])

    api.decide(one["prospect_id"], action="unmerge", prospect_id=two["prospect_id"], reason="they are sisters")
    assert api.state(one["prospect_id"])["stage"] == "engaged"
    assert api.state(two["prospect_id"])["stage"] == "marketing_qualified"


def test_a_withdrawn_activity_counts_as_if_it_had_never_happened(api: Api) -> None:
    email = someone()
    api.activity(type="email_sent", occurred_at="2026-02-01T10:00:00Z", identities={"email": email})
    click = api.activity(type="email_click", occurred_at="2026-02-01T10:00:01Z", identities={"email": email})
    assert click["stage"] == "engaged"

    withdrawn = api.decide(click["prospect_id"], action="withdraw", event_id=click["event_id"], reason="a scanner")

    assert withdrawn["stage"] == "suspect"
    assert withdrawn["transition"]["cause"] == "correction"
    assert api.state(click["prospect_id"])["counts"]["inbound"] == 0


def test_lists_are_paged_and_a_cursor_that_was_tampered_with_is_refused(api: Api) -> None:
    ids = {api.activity(type="email_sent", identities={"email": someone()})["prospect_id"] for _ in range(3)}
    listed: list[str] = []
    parameters: dict[str, object] = {"stage": "suspect", "limit": 2}
    while True:
        page = api.ok("GET", "/prospects", params=parameters)
        listed += [state["prospect_id"] for state in page["prospects"]]
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]

    assert ids <= set(listed)
    assert len(listed) == len(set(listed))
    parameters["cursor"] = "A" + str(parameters["cursor"])[1:]
    assert api.request("GET", "/prospects", params=parameters).status_code == 400


def test_a_timeline_shows_every_event_and_move_newest_first(api: Api) -> None:
    email = someone()
    sent = [
        api.activity(type="website_visit", occurred_at=f"2026-02-0{day}T10:00:00Z", identities={"email": email})
        for day in range(1, 6)
    ]

    entries = api.timeline(sent[0]["prospect_id"], limit=2)

    assert [entry["kind"] for entry in entries] == ["activity"] * 4 + ["transition", "activity"]
    times = [entry["occurred_at"] for entry in entries]
    assert times == sorted(times, reverse=True)
