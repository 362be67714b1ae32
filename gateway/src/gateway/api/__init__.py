"""HTTP interface: routes, request and response schemas, middleware and problem documents."""
