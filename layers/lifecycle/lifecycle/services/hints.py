"""Where identities pointed lately: a guess that saves the read of a pointer, and is proven by the read that follows."""

from __future__ import annotations

from collections import OrderedDict

#: About 100 bytes each: a megabyte of a function's memory.
MOST = 10_000


class Hints:
    """The last known prospect of identities that are not prospects themselves, the least recently used forgotten.

    A hint is never trusted: the prospect's own record says whether the identity still belongs to it. Ids are hashes
    over workspace and identity, so workspaces share a memory without meeting in it.
    """

    def __init__(self) -> None:
        self._roots: OrderedDict[str, str] = OrderedDict()

    def get(self, prospect_id: str) -> str | None:
        """The prospect that a partition belonged to lately."""
        if prospect_id in self._roots:
            self._roots.move_to_end(prospect_id)
        return self._roots.get(prospect_id)

    def learn(self, prospect_id: str, root: str) -> None:
        """Remember whom a partition belongs to."""
        self._roots[prospect_id] = root
        self._roots.move_to_end(prospect_id)
        if len(self._roots) > MOST:
            self._roots.popitem(last=False)
