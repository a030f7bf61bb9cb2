-- The log, where the recovery model is FULL. COPY_ONLY: the log is not truncated and the DBA's own chain goes on.
-- Never run against a real SQL Server by the project. Parameters: database, path, certificate ('' for none).
DECLARE @database sysname = ?, @path nvarchar(400) = ?, @certificate nvarchar(128) = ?;
DECLARE @able bit = CASE WHEN CAST(SERVERPROPERTY('EngineEdition') AS int) IN (2, 3, 8) THEN 1 ELSE 0 END;
DECLARE @sql nvarchar(max) = N'BACKUP LOG @database TO DISK = @path WITH CHECKSUM, COPY_ONLY, FORMAT, INIT'
    + CASE WHEN @able = 1 THEN N', COMPRESSION' ELSE N'' END
    + CASE WHEN @able = 1 AND @certificate <> N''
           THEN N', ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = ' + QUOTENAME(@certificate) + N')'
           ELSE N'' END;
EXEC sp_executesql @sql, N'@database sysname, @path nvarchar(400)', @database, @path;
