"""What a run reports: the table and its targets, a file of all values, piano rolls."""
