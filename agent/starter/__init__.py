"""`init`: the files that somebody begins with."""
