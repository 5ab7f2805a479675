using Espalier.Server;
using Espalier.Server.Hosting;

if (!ServerArguments.TryParse(args, out var arguments, out var complaint))
{
    await Console.Error.WriteLineAsync(complaint);
    return 2;
}

return await ServerProgram.RunAsync(arguments);
