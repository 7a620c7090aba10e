"""Runs a task through a process: what each logic does, what each event changes, and what is left of a visit."""
