"""Words that fictitious companies and people are named with."""

from __future__ import annotations

#: A company is called by one word of these ...
FIRST_WORDS = (
    "alder", "amber", "anchor", "arbor", "aspen", "birch", "bluff", "bright", "brook", "cedar", "cinder", "clear",
    "cobalt", "copper", "crest", "dale", "delta", "drift", "ember", "fair", "fern", "field", "flint", "ford",
    "forge", "glen", "granite", "harbor", "hazel", "heron", "hollow", "iron", "ivory", "juniper", "keel", "larch",
    "linden", "maple", "marsh", "meadow", "mill", "moss", "north", "oak", "orchard", "otter", "pine", "quarry",
    "reed", "ridge", "river", "rowan", "sable", "sage", "silver", "slate", "spruce", "stone", "tide", "timber",
    "umber", "vale", "wharf", "willow", "winter",
)  # fmt: skip

#: ... and one of these.
SECOND_WORDS = (
    "advisory", "analytics", "bakery", "brewing", "builders", "care", "carriers", "catering", "cleaning", "clinics",
    "cold-chain", "design", "dental", "distribution", "electric", "energy", "fabrication", "farms", "fitness",
    "fleet", "foods", "freight", "glass", "heating", "hospitality", "hotels", "insurance", "interiors", "joinery",
    "kitchens", "labs", "laundry", "legal", "lighting", "logistics", "machining", "media", "motors", "optics",
    "packaging", "paints", "pharmacy", "plumbing", "press", "print", "retail", "robotics", "roofing", "schools",
    "security", "signs", "solar", "staffing", "storage", "studio", "supply", "textiles", "tools", "training",
    "transport", "travel", "veterinary", "water", "works",
)  # fmt: skip

FIRST_NAMES = (
    "Ada", "Aisha", "Amara", "Anders", "Anika", "Arjun", "Beatriz", "Bram", "Carlos", "Chiara", "Daan", "Dalia",
    "Diego", "Elena", "Elif", "Emeka", "Emma", "Esther", "Farid", "Femi", "Finn", "Freya", "Gabriel", "Hana",
    "Hugo", "Ines", "Ingrid", "Isabel", "Ivan", "Jana", "Jonas", "Kenji", "Lars", "Leila", "Lena", "Liam", "Lucia",
    "Maja", "Malik", "Mara", "Marco", "Mateo", "Mei", "Milan", "Mina", "Nadia", "Nils", "Noah", "Nora", "Olga",
    "Omar", "Oskar", "Paula", "Pedro", "Priya", "Rafael", "Rosa", "Samir", "Sara", "Sofia", "Sven", "Tariq",
    "Tessa", "Theo", "Tomas", "Uma", "Vera", "Victor", "Wanda", "Yara", "Yusuf", "Zofia",
)  # fmt: skip

LAST_NAMES = (
    "Abara", "Almeida", "Andersen", "Bauer", "Becker", "Bergman", "Bianchi", "Castro", "Chen", "Costa", "Dahl",
    "Demir", "Dubois", "Eriksen", "Farah", "Ferrari", "Fischer", "Fonseca", "Garcia", "Greco", "Haas", "Hansen",
    "Hoffman", "Ibrahim", "Ito", "Jansen", "Kaya", "Keller", "Khan", "Kimura", "Kovacs", "Kowalski", "Lang",
    "Larsen", "Lopez", "Marino", "Mendes", "Meyer", "Moreau", "Mwangi", "Nakamura", "Nguyen", "Novak", "Nowak",
    "Okafor", "Olsen", "Ortega", "Patel", "Pereira", "Petrov", "Popescu", "Quist", "Ramos", "Rossi", "Sato",
    "Schmid", "Silva", "Singh", "Soto", "Svensson", "Takeda", "Torres", "Vargas", "Visser", "Vogel", "Wagner",
    "Weber", "Yilmaz", "Zhang", "Ziegler",
)  # fmt: skip
