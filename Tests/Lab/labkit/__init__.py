"""What `lab` is made of; each module is one thing that stands in the lab."""
