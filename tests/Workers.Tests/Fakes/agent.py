"""An agent that does what its input says. Protocol by its argument: jsonl, http, or anything else for one answer a process."""
import json
import os
import signal
import sys
import time
import urllib.request


def ask_gateway(key=os.environ["OPENAI_API_KEY"]):
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", data=b"{}", headers={"Authorization": "Bearer " + key})
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def answer(text):
    word, _, rest = text.partition(" ")
    if word == "say":
        return rest
    if word == "pid":
        return os.environ["OPENAI_API_KEY"]
    if word == "version":
        return open("version.txt").read()
    if word == "gateway":
        return ask_gateway()
    if word == "crash":
        sys.exit("out of ideas")
    if word == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "hang":
        time.sleep(1000)
    if word == "memory":
        return str(len(bytearray(1 << 30)))
    if word == "flood":
        block = b"x" * (1 << 16)
        for _ in range(1600):
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
        time.sleep(1000)
    return None


def serve():
    """Serves on $PORT, several requests at once, as a framework would."""
    import http.server
    import threading

    gate = threading.Barrier(int(os.environ.get("TOGETHER", "1")), timeout=15)
    ready = time.monotonic() + float(os.environ.get("READY_AFTER", "0"))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def reply(self, status, body, kind="application/json"):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.reply(200 if self.path == "/ready" and time.monotonic() >= ready else 503, b"")

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = request["input"]
            if text == "crash":
                print("out of ideas", file=sys.stderr, flush=True)
                os._exit(3)
            elif text == "status":
                self.reply(500, b"Traceback: no such customer")
            elif text == "garbage":
                self.reply(200, b"I think the answer is 42")
            elif text == "error":
                self.reply(200, b'{"error": "no such customer"}')
            elif text == "close":
                self.close_connection = True
            elif text == "endless":
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                while True:
                    self.wfile.write(b"x" * 65536)
            elif text == "pieces":
                events = [{"delta": "one "}, {"delta": "two"}, {"output": "one two"}]
                self.reply(200, b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events), "text/event-stream")
            elif text == "together":
                gate.wait()
                self.reply(200, json.dumps({"output": "all were here"}).encode())
            elif text == "own key":
                self.reply(200, json.dumps({"output": ask_gateway(request["key"])}).encode())
            elif text == "trace":
                self.reply(200, json.dumps({"output": self.headers["traceparent"]}).encode())
            elif text == "environment":
                self.reply(200, json.dumps({"output": json.dumps(dict(os.environ))}).encode())
            else:
                self.reply(200, json.dumps({"output": answer(text)}).encode())

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 64

    Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()


def main():
    if sys.argv[1:] == ["http"]:
        serve()
    if sys.argv[1:] != ["jsonl"]:
        print(answer(sys.stdin.read()))
        return
    for line in sys.stdin:
        request = json.loads(line)
        text = request["input"]
        if text == "garbage":
            print("I think the answer is 42")
        elif text == "wrong id":
            print(json.dumps({"id": 99, "output": "stolen"}))
        elif text == "no output":
            print(json.dumps({"id": request["id"]}))
        elif text == "error":
            print(json.dumps({"id": request["id"], "error": "no such customer"}))
        elif text == "twice":
            print(json.dumps({"id": request["id"], "output": "first"}) + "\n" + json.dumps({"id": request["id"] + 1, "output": "early"}))
        elif text == "pieces":
            for piece in ({"delta": "one "}, {"delta": "two"}, {"output": "one two"}):
                print(json.dumps({"id": request["id"], **piece}), flush=True)
        elif text == "surrogate":
            print('{"id": %d, "output": "\\ud800"}' % request["id"])
        else:
            print(json.dumps({"id": request["id"], "output": answer(text)}))


main()
