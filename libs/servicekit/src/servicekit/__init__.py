"""How Segue's services talk: faults, settings, logs, metrics, a server, a client and a worker. No music, no models."""
