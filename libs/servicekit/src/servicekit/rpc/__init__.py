"""Internals of the gRPC client and server: the interceptor around every call, and faults as gRPC statuses."""
