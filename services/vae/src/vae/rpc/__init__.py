"""The gRPC side of the service: the servicer, and conversion between its messages and domain objects."""
