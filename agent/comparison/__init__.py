"""`compare`: two versions of an assistant on the same lines, and what of their difference is no chance."""
