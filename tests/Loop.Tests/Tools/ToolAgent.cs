using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Tools;

/// <summary>A support agent that looks orders up and refunds them through an MCP server, and that server, which writes down what it did.</summary>
internal static class ToolAgent
{
    public const string Name = "tooldesk";

    private const string Code = """
        import json, os, subprocess, sys, urllib.request

        URL, KEY = os.environ["ESPALIER_TOOL_ORDERS_URL"], os.environ["ESPALIER_TOOLS_KEY"]

        def message(ident, method, params):
            return {"jsonrpc": "2.0", "id": ident, "method": method, "params": params}

        def over_http(name, arguments):
            body = json.dumps(message(1, "tools/call", {"name": name, "arguments": arguments})).encode()
            request = urllib.request.Request(URL, data=body, headers={"content-type": "application/json", "authorization": "Bearer " + KEY})
            return json.load(urllib.request.urlopen(request))["result"]

        def over_stdio(name, arguments):
            lines = [message(1, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "desk", "version": "1"}}),
                     message(2, "tools/list", {}), message(3, "tools/call", {"name": name, "arguments": arguments})]
            done = subprocess.run(["/run/fwd", "mcp", "orders"], input="".join(json.dumps(line) + "\n" for line in lines), capture_output=True, text=True, check=True)
            return json.loads(done.stdout.splitlines()[2])["result"]

        def call(ask, name, arguments):
            result = ask(name, arguments)
            # A server that died is started again with the next call.
            if result.get("isError") and "is gone" in result["content"][0]["text"]:
                result = ask(name, arguments)
            return result["content"][0]["text"]

        text = sys.stdin.read()
        order = next(word.strip(".,?!") for word in text.split() if word.startswith("A-"))
        state = call(over_stdio, "get_order", {"order": order})
        if "money" in text:
            call(over_http, "refund", {"order": order, "amount": AMOUNT})
        print(state)
        """;

    private const string Server = """
        import json, os, sys
        log = open(sys.argv[1], "a", buffering=1)
        log.write(f"started {os.getpid()}\n")
        def tool(name, **notes):
            return {"name": name, "inputSchema": {"type": "object"}, "annotations": notes}
        for line in sys.stdin:
            message = json.loads(line)
            if "id" not in message:
                continue
            method, params = message["method"], message.get("params", {})
            if method == "initialize":
                result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "orders", "version": "1"}}
            elif method == "tools/list":
                result = {"tools": [tool("get_order", readOnlyHint=True), tool("refund", destructiveHint=True)]}
            else:
                name, order = params["name"], params["arguments"]["order"]
                log.write(f"{name} {order}\n")
                text = ["on its way", "delivered", "lost"][sum(map(ord, order)) % 3] if name == "get_order" else "refunded"
                result = {"content": [{"type": "text", "text": text}]}
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
        """;

    /// <summary>Writes both and returns where the server writes what it did.</summary>
    public static string Write(Place place)
    {
        var log = place["outside.log"];
        var server = place.Write("orders.py", Server);
        place.Write($"{Name}/espalier.yaml", $$"""
            agent: {{Name}}
            run: { command: python3 agent.py, protocol: stdio, timeout: 60s }
            artifacts: { code: [agent.py] }
            judge: { expected: exact }
            tools:
              orders:
                mcp: stdio
                command: exec {{(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3")}} {{server}} {{log}}
                miss: readonly
            """);
        WriteCode(place, amount: 10);
        return log;
    }

    /// <summary>A version that refunds another amount.</summary>
    public static void WriteCode(Place place, int amount) => place.Write($"{Name}/agent.py", Code.Replace("AMOUNT", $"{amount}", StringComparison.Ordinal));
}
