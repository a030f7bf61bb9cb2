"""What must hold when workers die, stall or meet (I1, I10): killed processes, races, random histories."""
