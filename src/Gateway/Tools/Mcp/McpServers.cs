using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>The MCP servers that are open: started when first asked, shared by the runs of one agent, started again when they died, ended when idle.</summary>
internal sealed class McpServers : IAsyncDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MostStart = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Agent, string Digest), Place> _places = [];
    private readonly IToolProcesses? _processes;
    private readonly IToolStore _store;
    private readonly ToolTrust _trust;
    private readonly ToolSecrets _secrets;
    private readonly ToolHttp _http;
    private readonly TimeProvider _time;
    private readonly ToolOptions _options;
    private readonly ILogger<McpServers> _logger;
    private readonly ITimer _sweep;

    public McpServers(
        IToolStore store, ToolTrust trust, ToolSecrets secrets, ToolHttp http, TimeProvider time, IOptions<GatewayOptions> options, ILogger<McpServers> logger, IToolProcesses? processes = null)
    {
        (_processes, _store, _trust, _secrets, _http, _time, _options, _logger) = (processes, store, trust, secrets, http, time, options.Value.Tools, logger);
        _sweep = time.CreateTimer(_ => Sweep(), null, _options.IdleAfter / 4, _options.IdleAfter / 4);
    }

    /// <summary>A server that answers; it may die at any time all the same.</summary>
    /// <exception cref="ToolFailure">It cannot be started or reached.</exception>
    public async Task<McpConnection> GetAsync(string agent, ToolContract tool, CancellationToken cancellationToken)
    {
        await _trust.DemandAsync(agent, tool, cancellationToken);
        var place = Take(agent, tool);
        await place.Gate.WaitAsync(cancellationToken);
        try
        {
            if (place.Open is { Server.IsClosed: false } open) return open;
            if (place.Open is { } dead)
            {
                ToolsLog.Ended(_logger, agent, tool.Name, "it died");
                place.Open = null;
                await dead.DisposeAsync();
            }

            place.CountStart(tool.Name, _options.MaxStartsPerMinute, _time.GetUtcNow(), Minute);
            var opened = await OpenAsync(agent, tool, cancellationToken);
            // Its place may be another's by now; what nobody knows of would run for ever.
            bool kept;
            lock (_lock) kept = _places.ContainsValue(place);
            if (kept) return place.Open = opened;
            await opened.DisposeAsync();
            throw new ToolFailure($"More than {_options.MaxServers} tool servers were asked for at the same time (Gateway:Tools:MaxServers). Try again.");
        }
        finally
        {
            place.Gate.Release();
        }
    }

    /// <summary>The tools as the server lists them; what it says is kept for evaluations.</summary>
    public async Task<McpCatalog> CatalogAsync(string agent, ToolContract tool, bool again, CancellationToken cancellationToken)
    {
        var connection = await GetAsync(agent, tool, cancellationToken);
        return await connection.CatalogAsync(tool.Name, again, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        List<Place> all;
        lock (_lock)
        {
            all = [.. _places.Values];
            _places.Clear();
        }

        foreach (var place in all)
            if (place.Open is { } open) await open.DisposeAsync();
    }

    private async Task<McpConnection> OpenAsync(string agent, ToolContract tool, CancellationToken cancellationToken)
    {
        // The start is not this call's alone: others wait for it, and it must not be given up because one agent was impatient.
        using var limit = new CancellationTokenSource(MostStart, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var server = await ReachAsync(tool, either.Token);
        try
        {
            var connection = await McpConnection.OpenAsync(server, tool.Name, GatewayVersion.Text, either.Token);
            await _store.SaveCatalogAsync(agent, tool.Name, (await connection.CatalogAsync(tool.Name, again: false, either.Token)).Json, either.Token);
            ToolsLog.Started(_logger, agent, tool.Name);
            return connection;
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            if (e is OperationCanceledException && limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                throw new ToolFailure($"The tool server '{tool.Name}' did not begin within {MostStart.TotalSeconds:0} s.", e);
            throw;
        }
    }

    private async Task<IMcpServer> ReachAsync(ToolContract tool, CancellationToken cancellationToken)
    {
        if (tool.Protocol == ToolProtocol.Http) return new HttpMcpServer(tool, _secrets, _http);
        if (_processes is null) throw new ToolFailure($"The tool server '{tool.Name}' is a command, and this server starts none.");
        var variables = _secrets.Variables(tool);
        try
        {
            return new StdioMcpServer(await _processes.StartAsync(tool, variables, cancellationToken), tool.Name, tool.MaxAnswerBytes);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or IOException)
        {
            throw new ToolFailure($"The tool server '{tool.Name}' cannot be started: {e.Message}", e);
        }
    }

    private Place Take(string agent, ToolContract tool)
    {
        var key = (agent, ToolFingerprints.Of(tool));
        Place? evicted = null;
        Place place;
        lock (_lock)
        {
            if (!_places.TryGetValue(key, out place!))
            {
                if (_places.Count >= _options.MaxServers)
                {
                    var oldest = _places.MinBy(one => one.Value.Used);
                    _places.Remove(oldest.Key);
                    evicted = oldest.Value;
                }

                _places[key] = place = new Place();
            }

            place.Used = _time.GetUtcNow();
        }

        if (evicted is not null) End(evicted);
        return place;
    }

    private void Sweep()
    {
        List<Place> idle = [];
        lock (_lock)
        {
            var before = _time.GetUtcNow() - _options.IdleAfter;
            foreach (var (key, place) in _places.Where(one => one.Value.Used < before).ToList())
            {
                _places.Remove(key);
                idle.Add(place);
            }
        }

        foreach (var place in idle) End(place);
    }

    // Calls in flight are told that it is gone; their agents may ask again.
    private static void End(Place place)
    {
        _ = place.Open?.DisposeAsync().AsTask();
    }

    private sealed class Place
    {
        private readonly Queue<DateTimeOffset> _starts = new();

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public McpConnection? Open { get; set; }

        public DateTimeOffset Used { get; set; }

        public void CountStart(string tool, int most, DateTimeOffset now, TimeSpan within)
        {
            while (_starts.TryPeek(out var first) && now - first > within) _starts.Dequeue();
            if (_starts.Count >= most) throw new ToolFailure($"The tool server '{tool}' was started {most} times within a minute and failed or ended each time. Look why; it is tried again in a minute.");
            _starts.Enqueue(now);
        }
    }
}
