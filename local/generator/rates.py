"""The rates of the half-year, each with its source, or called an assumption.

Sources:
    Olist: "Marketing Funnel by Olist", 8,000 leads and 842 won deals of a real B2B seller acquisition, 2017-06 to
        2018-11, Kaggle olistbr/marketing-funnel-olist; the figures below are computed from its two files.
    Mailchimp: "Email Marketing Statistics and Benchmarks by Industry", row "All non-labeled accounts", October 2019,
        https://mailchimp.com/resources/email-marketing-benchmarks/.
    Altior: "Conversion Rate", B2B SaaS averages, https://altiorco.com/revops-dictionary/conversion-rate.
    GTMStack: "NPS Score Benchmarks 2026", https://gtmstack.app/benchmarks/nps-score.html.
    Omeda: about 65 % of all e-mail clicks come from bots, 1.8 billion e-mails in Q2 2023, quoted by
        https://www.amediaoperator.com/newsletter/bots-account-for-the-majority-of-clicks-in-email/.
"""

from __future__ import annotations

from math import log

#: Olist: first contacts by day of the week, Monday first (`first_contact_date`, all 8,000 leads).
WEEKDAY_WEIGHTS = (1495, 1452, 1491, 1354, 1150, 527, 531)

#: Assumptions: how busy a month is beside the others, and by how much the end of the half-year is busier than its
#: beginning.
SEASON = {1: 0.85, 7: 0.8, 8: 0.65, 9: 1.15, 12: 0.7}
GROWTH = 0.6

#: Olist: where the leads came from (`origin`, blanks left out).
ORIGIN_WEIGHTS = {
    "organic_search": 2296,
    "paid_search": 1586,
    "social": 1350,
    "unknown": 1099,
    "direct_traffic": 499,
    "email": 493,
    "referral": 284,
    "other": 150,
    "display": 118,
    "other_publicities": 65,
}

#: Olist: 842 of 8,000 marketing qualified leads were won.
QUALIFIED_TO_WON = 842 / 8000
#: Altior: lead to MQL 15-30 %.
KNOWN_TO_QUALIFIED = 0.30
#: Altior: MQL to SQL 30-50 %.
QUALIFIED_TO_ACCEPTED = 0.45
#: Altior: SQL to opportunity 50-75 %.
ACCEPTED_TO_OPPORTUNITY = 0.70
#: What is left for the last step, so that the three make Olist's 10.5 %: 33 %. Altior: opportunity to close 15-30 %.
OPPORTUNITY_TO_WON = QUALIFIED_TO_WON / (QUALIFIED_TO_ACCEPTED * ACCEPTED_TO_OPPORTUNITY)
#: Assumption: of the opportunities, so many are lost; the rest stays open.
OPPORTUNITY_TO_LOST = 0.50
#: Assumption: so many of the qualified are ruled out by sales; the rest waits without a ruling.
QUALIFIED_TO_DISQUALIFIED = 0.20

#: Olist: days from first contact to win: median 14.65 (14 whole days), quartiles 5.85 and 55.2.
DAYS_TO_WIN_MEDIAN = 14.65
DAYS_TO_WIN_QUARTILES = (5.85, 55.2)
#: The spread of the log-normal with those quartiles, which lie 0.6745 standard deviations from the median.
DAYS_TO_WIN_SIGMA = log(DAYS_TO_WIN_QUARTILES[1] / DAYS_TO_WIN_QUARTILES[0]) / (2 * 0.6745)

#: Mailchimp, per delivered e-mail (bounces per sent one).
EMAIL_OPENED = 0.2271
EMAIL_CLICKED = 0.0291
EMAIL_BOUNCED_HARD = 0.0040
EMAIL_BOUNCED_SOFT = 0.0061
EMAIL_UNSUBSCRIBED = 0.0025
#: Assumption: a list brought home from a trade fair holds ten times as many dead addresses.
IMPORTED_BOUNCED_HARD = 10 * EMAIL_BOUNCED_HARD
#: Omeda: 65 % of the clicks are a scanner's. Every scanned e-mail has all its links clicked, so the share of scanned
#: companies follows: clicks by people / 0.35 * 0.65 / links.
SCANNER_SHARE_OF_CLICKS = 0.65
LINKS_PER_EMAIL = 4
SCANNED_COMPANIES = EMAIL_CLICKED / (1 - SCANNER_SHARE_OF_CLICKS) * SCANNER_SHARE_OF_CLICKS / LINKS_PER_EMAIL

#: Altior: visitor to lead 2-5 %. So many unknown visitors would drown the rest, so this is a sample of them: their
#: share among all prospects is an assumption.
ANONYMOUS_SHARE = 0.30
#: Assumptions: crawlers among the anonymous visitors, and the chance that a visit is the last one.
CRAWLERS = 0.04
VISITOR_GOES = 0.45

#: GTMStack: the median B2B SaaS NPS is 38. Promoters, passives and detractors that make 38 (the split: assumption).
NPS_SHARES = (0.52, 0.34, 0.14)
#: Assumptions: how many customers answer the survey, write a review, recommend.
NPS_ANSWERED = 0.40
REVIEWED = 0.12
REFERRED = 0.08

#: Assumptions: how many do what qualifies as the very first thing, and how many of those registered attend.
QUALIFIED_AT_ONCE = 0.60
WEBINAR_ATTENDED = 0.40

#: Assumptions: people's devices, and whom sales met first.
SECOND_DEVICE = 0.20
SHARED_DEVICE = 0.10
CRM_FIRST = 0.06

#: Assumptions: what happens to deals.
CONTACTS_LATER = 0.35
AMOUNT_REVISED = 0.40
CONTACT_REMOVED = 0.10
DEAL_DELETED = 0.15
LOST_REOPENED = 0.15
WON_THEN_LOST = 0.03
#: A partner's sale is in the CRM when it is won, whatever its buyer did before: of those whom a list brought.
PARTNER_SALE = 0.08
#: Not every company pays in the currency of most.
OTHER_CURRENCY = 0.30

#: Assumptions: who looks after whom. A company that sales knows has an owner before its people turn up.
ACCOUNT_OWNED = 0.55
HANDED_OVER = 0.15

#: Assumptions: second chances. Sales sends back whom it took too early, or never got to; some of them qualify again.
SENT_BACK = {"unruled": 0.12, "accepted": 0.40, "lost": 0.30}
REOPENED = 0.25
QUALIFIED_AGAIN = 0.55
ACCEPTED_AGAIN = 0.50
DEAL_AGAIN = 0.50
WON_AGAIN = 0.40

#: Assumptions: what turns out never to have been. A scanner's click that nothing gave away, for each mail to somebody
#: on the list of a trade fair, and a form that a bot filled in.
UNNOTICED_SCAN = 0.08
SPAM_FORM = 0.04
#: Assumption: so many turn up a second time with another address; the app's own id gives half of them away.
SECOND_ADDRESS = 0.04

#: Assumptions: what the outside systems' webhooks do. A late delivery takes hours, sometimes days.
DELIVERED_LATE = 0.03
DELIVERED_TWICE = 0.02
LATE_HOURS_MEDIAN = 9.0
LATE_SIGMA = 1.1
#: A CRM that synchronises by polling may report a deal's close before its opening.
DEAL_OUT_OF_ORDER = 0.08
#: How often a sender got no answer and sent the whole of its last hours again.
OUTAGES = 3
