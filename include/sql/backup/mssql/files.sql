-- The logical files of a backup, for the restore to say where each goes.
-- Never run against a real SQL Server by the project. Parameter: path.
DECLARE @path nvarchar(400) = ?;
RESTORE FILELISTONLY FROM DISK = @path;
