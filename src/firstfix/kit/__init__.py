"""Small parts that know nothing of Firstfix: ids, secrets, money, sealing, the table base. Imports nothing of ours."""
