"""The gRPC contract ``segue.gan.v1``: requests in, responses out, and the servicer between."""
