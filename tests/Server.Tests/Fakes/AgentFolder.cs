namespace Espalier.Server.Tests.Fakes;

/// <summary>Small agents on disk, as a team would bring them.</summary>
public sealed class AgentFolder : IDisposable
{
    /// <summary>One process a request; misbehaves when it is told to.</summary>
    private const string Echo = """
        import os, sys
        text = sys.stdin.read()
        if "crash" in text: sys.exit(3)
        print("environment " + os.environ.get("OPENAI_BASE_URL", "none") if "environment" in text else "echo " + text.strip())
        """;

    /// <summary>Asks the gateway's model for a label; the process stays warm.</summary>
    private const string Desk = """
        import json, os, sys, urllib.request

        here = os.path.dirname(os.path.abspath(__file__))
        system = open(os.path.join(here, "prompts", "system.md"), encoding="utf-8").read()

        def ask(text):
            body = {"model": "desk", "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}]}
            request = urllib.request.Request(
                os.environ["OPENAI_BASE_URL"].rstrip("/") + "/chat/completions", data=json.dumps(body).encode(),
                headers={"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})
            with urllib.request.urlopen(request) as response:
                return json.load(response)["choices"][0]["message"]["content"].strip()

        for line in sys.stdin:
            if line.strip():
                case = json.loads(line)
                print(json.dumps({"id": case["id"], "output": ask(case["input"])}), flush=True)
        """;

    private readonly string _path = Directory.CreateTempSubdirectory("espalier-agent-").FullName;

    public string Path => _path;

    public static AgentFolder WithEcho(string name)
    {
        var folder = new AgentFolder();
        folder.Write("agent.py", Echo);
        folder.Write("espalier.yaml", $$"""
            agent: {{name}}
            run: { command: python3 agent.py, protocol: stdio, timeout: 20s }
            artifacts: { code: [agent.py] }
            judge: { expected: normalised }
            budget: { run: 0.05usd }
            """);
        return folder;
    }

    public static AgentFolder WithDesk(string name)
    {
        var folder = new AgentFolder();
        folder.Write("agent.py", Desk);
        folder.Write("prompts/system.md", "Name the intent of the request. Answer with one of these names and nothing else:\n- billing\n- delivery\n- login\n");
        folder.Write("models.yaml", "slots:\n  desk:\n    model: local/char-nn\n    temperature: 0\n    max_tokens: 16\n");
        folder.Write("espalier.yaml", $$"""
            agent: {{name}}
            run: { command: python3 agent.py, protocol: jsonl, timeout: 20s }
            artifacts: { prompt: [prompts/**], models: [models.yaml], memory: [memory.yaml], router: [router.yaml], code: [agent.py] }
            judge: { expected: normalised }
            budget: { session: 1usd, run: 0.05usd }
            """);
        return folder;
    }

    public void Write(string file, string text)
    {
        var path = System.IO.Path.Combine(_path, file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
