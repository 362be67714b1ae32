"""Types that the layers share: pieces, jobs, settings, provenance and problems. They depend on no other layer."""
