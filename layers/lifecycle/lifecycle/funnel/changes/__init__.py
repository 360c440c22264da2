"""What is different between two definitions, in sentences."""
