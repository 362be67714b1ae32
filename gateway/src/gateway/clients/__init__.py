"""Clients of the gRPC services: requests, deadlines and retries."""
