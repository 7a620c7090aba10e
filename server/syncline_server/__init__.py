"""The server: it runs tasks through processes, keeps them on disk, and answers whoever waits."""
