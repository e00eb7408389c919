"""Side-by-side measurements that anyone can run: Firstfix, its database alone, and PocketBase."""
