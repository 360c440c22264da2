"""Outside systems: one module each, pure, that verifies what the system sends and translates it into events.

``table`` lists them. A module has one ``SOURCE`` (``source.Source``); everything that it needs of a request comes in as
a ``delivery.Delivery``, and everything that it has to say goes out as something of ``said``.
"""
