"""What comes in and what goes out, as the product's API names it."""
