"""Slack: an app with a bot token, or an incoming webhook."""
