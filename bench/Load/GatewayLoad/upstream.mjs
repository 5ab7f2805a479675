// A model server that costs next to nothing: a constant chat completion of 700 characters, or 20 chunks and a usage chunk when a stream is asked for.
//   node bench/Load/GatewayLoad/upstream.mjs [port]
import http from "node:http";

const base = { id: "chatcmpl-1", created: 1700000000, model: "gpt-4o-mini" };
const usage = { prompt_tokens: 200, completion_tokens: 150, total_tokens: 350, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } };
const message = { role: "assistant", content: "x".repeat(700) };
const whole = Buffer.from(JSON.stringify({ ...base, object: "chat.completion", choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }], usage }));
const event = (value) => `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", ...value })}\n\n`;
const chunks = Array.from({ length: 20 }, (_, i) => event({ choices: [{ index: 0, delta: { content: `word ${i} ` }, finish_reason: i === 19 ? "stop" : null }], usage: null }));
const end = `${event({ choices: [], usage })}data: [DONE]\n\n`;

http.createServer((request, response) => {
  let body = "";
  request.on("data", (data) => { body += data; });
  request.on("end", () => {
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { "content-type": "application/json", "content-length": whole.length });
      response.end(whole);
      return;
    }

    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks) response.write(chunk);
    response.end(end);
  });
}).listen(Number(process.argv[2] ?? 9001), "127.0.0.1");
