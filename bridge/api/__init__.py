"""The HTTP interface for scripts and other systems; docs/api.md tells how to use it."""
