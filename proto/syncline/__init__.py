"""The contract of Syncline and what a program needs to speak it."""
