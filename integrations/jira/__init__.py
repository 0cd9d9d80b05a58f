"""The Jira Cloud tracker: filing, reading, webhooks, and the sandbox that stands in for it."""
