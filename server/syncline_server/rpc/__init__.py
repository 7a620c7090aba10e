"""gRPC: decode, one call into the runtime, encode."""
