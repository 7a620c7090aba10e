"""Where tasks are kept: one port, several implementations, one suite of tests for all of them."""
