"""HTTP requests within limits: allowed addresses, throttling per host, robots.txt, and bounded bodies."""
