"""Statements that processes have executed in their company's databases; `performer` is where they come in."""
