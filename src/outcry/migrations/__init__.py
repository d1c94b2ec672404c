"""The database's history: expand, then contract; each revision runs on a database with rows."""
