"""The form of a definition: reading it, the schema that it is held against, and its canonical text."""
