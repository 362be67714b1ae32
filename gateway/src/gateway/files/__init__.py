"""Files that clients know: uploads, results and recordings, their descriptions and sections."""
