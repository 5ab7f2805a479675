using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Agents;

/// <summary>Agents of a few lines, each with the one quality that a test is about.</summary>
internal static class SmallAgent
{
    /// <summary>Asks its model and answers with what it said.</summary>
    public const string Honest = """
        import json, os, sys, urllib.request
        def ask(text):
            names = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "prompts", "system.md")).read()
            body = {"model": "main", "messages": [{"role": "system", "content": names}, {"role": "user", "content": text}]}
            request = urllib.request.Request(os.environ["OPENAI_BASE_URL"].rstrip("/") + "/chat/completions", data=json.dumps(body).encode(),
                headers={"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})
            return json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"].strip()
        for line in sys.stdin:
            case = json.loads(line)
            print(json.dumps({"id": case["id"], "output": ask(case["input"])}), flush=True)
        """;

    /// <summary>The same for one request a process.</summary>
    public const string HonestStdio = """
        import json, os, sys, urllib.request
        names = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "prompts", "system.md")).read()
        body = {"model": "main", "messages": [{"role": "system", "content": names}, {"role": "user", "content": sys.stdin.read()}]}
        request = urllib.request.Request(os.environ["OPENAI_BASE_URL"].rstrip("/") + "/chat/completions", data=json.dumps(body).encode(),
            headers={"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})
        print(json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"].strip())
        """;

    public static string Contract(string name, string protocol = "jsonl", string timeout = "20s", string judge = "expected: normalised") => $$"""
        agent: {{name}}
        run:
          command: python3 agent.py
          protocol: {{protocol}}
          timeout: {{timeout}}
        artifacts:
          prompt: [prompts/**]
          models: [models.yaml]
          router: [router.yaml]
          memory: [memory.yaml]
        frozen: [espalier.yaml, agent.py]
        judge:
          {{judge}}
        budget: { session: 0.05usd, run: 0.01usd }
        """;

    /// <summary>Writes an agent into a folder of its own and returns the folder.</summary>
    public static string Write(Place place, string name, string code, string? contract = null, string model = "local/char-nn")
    {
        place.Write($"{name}/espalier.yaml", contract ?? Contract(name));
        place.Write($"{name}/agent.py", code);
        place.Write($"{name}/models.yaml", $"slots:\n  main:\n    model: {model}\n    temperature: 0\n    max_tokens: 16\n");
        place.Write($"{name}/prompts/system.md", "Answer with one of these names and nothing else:\n- billing\n- parcel\n- login\n");
        return place[name];
    }

    /// <summary>Cases with three answers, a few of each; enough for a search to start.</summary>
    public static string WriteCases(Place place, int each = 12)
    {
        string[] things = ["shirt", "tent", "lamp", "chair", "kettle", "watch", "phone", "bike", "desk", "radio", "plant", "rug", "vase", "coat", "boots", "scarf", "clock", "stove", "mat", "pen"];
        string[] colours = ["red", "blue", "green", "grey", "white", "black", "old", "new"];
        var lines = new List<string>();
        for (var i = 0; i < each; i++)
        {
            var thing = $"{colours[i % colours.Length]} {things[i % things.Length]}";
            lines.Add($$"""{"text":"Why did you take the money for the {{thing}} twice, invoice {{1000 + i * 37}}?","intent":"billing"}""");
            lines.Add($$"""{"text":"My {{thing}} has not come, where has the courier left it since week {{i + 2}}?","intent":"parcel"}""");
            lines.Add($$"""{"text":"The page says wrong password when I look for the {{thing}}, try number {{i + 3}}","intent":"login"}""");
        }

        return place.Write("cases.jsonl", string.Join('\n', lines) + "\n");
    }
}
