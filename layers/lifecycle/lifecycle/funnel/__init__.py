"""Funnels: an organisation's agreed definition of its stages and of what moves a prospect into each."""
