"""What the tests stand on: private servers, a small ERP and a small shop, and a world that drives the protocol."""

PAIRS = ("sqlite-sqlite", "mariadb-mariadb", "sqlite-mariadb", "mssql-mariadb")  # ERP's engine, platform's engine
