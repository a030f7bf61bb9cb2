-- Whether the file is whole and its checksums hold. It does not prove that the data's structure is sound.
-- Never run against a real SQL Server by the project. Parameter: path.
DECLARE @path nvarchar(400) = ?;
RESTORE VERIFYONLY FROM DISK = @path WITH CHECKSUM;
