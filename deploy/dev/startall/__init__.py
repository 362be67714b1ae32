"""Start-all: the whole product on one machine, without containers.

`python -m startall` starts every service, waits until each serves, starts the gateway, and keeps all of them alive
until it is told to stop. `table` says what is started and in which order, `supervisor` keeps it alive, `running`
starts the product from another program and is what the tests use.
"""
