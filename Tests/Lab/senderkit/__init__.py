"""What `sender` is made of: a Postfix that sends, and what it takes to read off it how it delivered."""
