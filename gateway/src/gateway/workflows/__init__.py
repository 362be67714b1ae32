"""Durable jobs: the workflows, their steps, progress, and the service that starts and watches them."""
