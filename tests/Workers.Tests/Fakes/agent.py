"""An agent that does what its input says. Protocol by its argument: jsonl, or anything else for one answer a process."""
import json
import os
import signal
import sys
import time
import urllib.request


def ask_gateway():
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions", data=b"{}", headers={"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})
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


def main():
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
        elif text == "surrogate":
            print('{"id": %d, "output": "\\ud800"}' % request["id"])
        else:
            print(json.dumps({"id": request["id"], "output": answer(text)}))


main()
