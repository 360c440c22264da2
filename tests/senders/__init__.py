"""Outside systems as senders: each module sends as its system does, its signature included."""
