using Qga.Docs;
using Qga.Testing;

// Writes what is made from the code: a test of Qga.Host.Tests holds that it was.
foreach (var document in GeneratedDocument.All)
{
    var path = Repository.PathOf(document.Path);
    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    File.WriteAllText(path, document.Text);
    Console.WriteLine($"wrote {document.Path}");
}
