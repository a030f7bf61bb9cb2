-- FULL, SIMPLE or BULK_LOGGED, and the server's version. Parameter: database.
SELECT recovery_model_desc, CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) + N' '
    + CAST(SERVERPROPERTY('Edition') AS nvarchar(128))
FROM sys.databases WHERE name = ?;
