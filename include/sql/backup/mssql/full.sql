-- A full backup that disturbs nobody's chain. Compressed, and encrypted where a certificate is named, on the editions
-- that can (2 Standard, 3 Enterprise and Developer, 8 Managed Instance). The path is on the server's host.
-- Never run against a real SQL Server by the project. Parameters: database, path, certificate ('' for none).
DECLARE @database sysname = ?, @path nvarchar(400) = ?, @certificate nvarchar(128) = ?;
DECLARE @able bit = CASE WHEN CAST(SERVERPROPERTY('EngineEdition') AS int) IN (2, 3, 8) THEN 1 ELSE 0 END;
DECLARE @sql nvarchar(max) = N'BACKUP DATABASE @database TO DISK = @path WITH CHECKSUM, COPY_ONLY, FORMAT, INIT'
    + CASE WHEN @able = 1 THEN N', COMPRESSION' ELSE N'' END
    + CASE WHEN @able = 1 AND @certificate <> N''
           THEN N', ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = ' + QUOTENAME(@certificate) + N')'
           ELSE N'' END;
EXEC sp_executesql @sql, N'@database sysname, @path nvarchar(400)', @database, @path;
