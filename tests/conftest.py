"""What holds for all tests: whatever they do, they cannot reach anybody's AWS account."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]

# Set at import, before any module that is under test can make a client.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


# No test is a measurement: a busy machine makes nothing wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

#: The tests that share what takes long to make, a story and two stacks: each worker that had one of them would make its
#: own. Those of the second stack; the deployed template waits a lot, so two of them are not twice the work.
_STORY = "tests/integration/test_grants.py"
_STACK = "tests/e2e/"
_SECOND_STACK = (
    "test_pages",
    "test_reports",
    "test_retention",
    "test_safety_net",
    "test_sign_in",
    "test_simulation",
    "test_sources",
    "test_unproven_deliveries",
    "test_what_the_logs_say.py::test_no_log_holds_anything_of_anybody[second]",
)


class _OneWorkerForWhatIsShared(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Spreads the tests over the workers one by one, but keeps those together that share a stack or a story.

    (The plugin's own way, ``--dist loadgroup``, forgets its groups with pytest 9.)
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_STACK):
            return "second stack" if nodeid.removeprefix(_STACK).startswith(_SECOND_STACK) else "first stack"
        return _STORY if nodeid.startswith(_STORY) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Called where tests run on several workers (``-n``)."""
    return _OneWorkerForWhatIsShared(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: who has the tests of a deployed stack mostly waits for that."""
    return (os.cpu_count() or 1) + 1
