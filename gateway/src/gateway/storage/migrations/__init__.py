"""Migrations of the database by Alembic; `gateway.storage.migrate` runs them.

To change a table: change `gateway.storage.database`, and add ``versions/vN_name.py`` with the next number as its
``revision`` and the last one as its ``down_revision``. It must run on SQLite and on PostgreSQL, and keep the number in
``segue_schema`` current.
"""
