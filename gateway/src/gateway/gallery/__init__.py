"""The gallery: the pieces that come with Segue, their settings, and how each is generated again."""
