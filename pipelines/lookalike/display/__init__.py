"""How results look: tables in the terminal, sheets of pictures."""
