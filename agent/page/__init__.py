"""The page of a call: one HTML file that holds everything there is to see and to hear of it."""
