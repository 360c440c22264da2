"""The use cases: record activities, update a deal, decide, evaluate, read."""

from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.stream import evaluate_stream

__all__ = ["Lifecycle", "evaluate_stream"]
