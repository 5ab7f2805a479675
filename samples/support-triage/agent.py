"""Names the intent of one customer request. Standard library only."""
import json
import os
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


def read(path):
    with open(os.path.join(HERE, path), encoding="utf-8") as file:
        return file.read()


def system_prompt():
    names = [line.strip() for line in read("prompts/intents.txt").splitlines() if line.strip()]
    listed = "\n".join("- " + name for name in names)
    return read("prompts/system.md").replace("{{intents}}", listed)


def ask(system, text):
    body = {"model": "triage", "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}]}
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"].rstrip("/") + "/chat/completions",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)["choices"][0]["message"]["content"].strip()


def main():
    system = system_prompt()
    for line in sys.stdin:
        if not line.strip():
            continue
        case = json.loads(line)
        print(json.dumps({"id": case["id"], "output": ask(system, case["input"])}), flush=True)


if __name__ == "__main__":
    main()
