"""Work on what was fetched that may take long, in processes that can be ended: files, archives, very long pages."""
