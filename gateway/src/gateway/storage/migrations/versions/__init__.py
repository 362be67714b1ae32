"""One module for each version of the database, from version 1 on."""
