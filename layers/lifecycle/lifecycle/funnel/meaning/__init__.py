"""The meaning of a definition: what is well-formed and wrong all the same."""
