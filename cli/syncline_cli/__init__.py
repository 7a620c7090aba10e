"""The `syncline` command: starts the programs, and talks to them like any other client."""
