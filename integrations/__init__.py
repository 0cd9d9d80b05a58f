"""One folder per outside system; each fills the ports of `bridge.ports` that it can."""
