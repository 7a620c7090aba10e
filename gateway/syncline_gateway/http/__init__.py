"""HTTP: the listeners, the requests that come in on them, the answers that go out. Nothing else here knows aiohttp."""
