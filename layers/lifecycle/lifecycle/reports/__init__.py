"""Reports: numbers from where prospects stood and how they moved, in parts that add up."""
