"""Segue's HTTP interface, jobs and artifacts."""
