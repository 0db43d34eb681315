"""Notification: tell channels what happened, in one message for what happened together. Never in anyone's way."""
