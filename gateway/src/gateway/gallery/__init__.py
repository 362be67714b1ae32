"""The gallery: pieces that Segue made, their settings, and how each is made again."""
