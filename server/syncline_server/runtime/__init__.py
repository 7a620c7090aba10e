"""The imperative shell: it commits what the engine decides, performs it, and wakes whoever waits."""
