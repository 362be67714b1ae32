"""Start-all: the whole product on one machine, without containers.

``python -m startall`` starts every service, waits until each one serves, starts the gateway, and keeps all of them
running until it is stopped. `services` lists the processes and their order, `supervisor` starts and restarts them, and
`testing` runs the product from another program, which the tests do.
"""
