"""What Segue's services share to call each other: faults, settings, logs, metrics, server, client, worker. No music."""
