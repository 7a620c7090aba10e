"""`syncline dev`: both programs on one machine, kept running, with a key and sample processes."""
