"""The sandbox: authors' JavaScript, run in processes of its own with nothing within reach."""
