"""The public contract: what requests may say, how they become domain values, and how results and errors are answered.

The domain knows nothing of this package; the functions use it on both sides of their one call.
"""
