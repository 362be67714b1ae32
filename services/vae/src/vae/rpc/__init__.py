"""The gRPC side: the servicer, and conversion between the contract's messages and domain objects."""
