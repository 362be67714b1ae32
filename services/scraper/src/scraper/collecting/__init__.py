"""Collections: folders of files with where they come from, what may be done with them, and how they are alike."""
