"""What API Calls say and hear besides JSON, as pure functions: XML, signatures, the conveyor format, certificates."""
