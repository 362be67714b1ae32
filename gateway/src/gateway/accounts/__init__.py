"""Accounts: who makes a call, what belongs to whom, and how much each may have."""
