"""What a source would bring, before anything is moved: accepted, refused, suspected, as a table and as a page."""
