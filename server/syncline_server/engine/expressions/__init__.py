"""What authors write into a definition's texts: `{{references}}`, conditions, casts, and where a value goes.

Everything here is compiled once, when a definition is read; what comes out is called with a `Scope` and never raises
because of the data that it meets, but for the `WrongType` of a cast.
"""
