# SPDX-License-Identifier: MIT
"""A headless Chromium, spoken to through two pipes (the DevTools protocol, JSON between zero bytes): what
a page looks like, what it asks for, and what its script does."""

import base64
import contextlib
import itertools
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

from crawl_run import DEADLINE_S, skip_all

# No updates, no pages of its own, nothing that would be a request of ours; as root it has no sandbox.
FLAGS = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
         "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
         "--disable-extensions", "--disable-sync", "--disable-dev-shm-usage", "--disable-gpu",
         "--hide-scrollbars", "--force-color-profile=srgb", "--lang=en-US",
         # Whatever a page asks for by name is not there.
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


def browser_program():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        skip_all("no chromium here (apt-get install --no-install-recommends chromium)")
    return found


class Browser:
    """Use as a context. `folder`: where its profile goes."""

    def __init__(self, folder):
        self._profile = tempfile.mkdtemp(prefix="chromium-", dir=folder)
        reads, theirs_out = os.pipe()
        theirs_in, writes = os.pipe()
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        # The browser reads 3 and writes 4: whatever the numbers are here, a shell puts them there.
        command = 'in=$1; out=$2; shift 2; exec "$@" 3<&$in 4>&$out'
        environment = {**os.environ, "HOME": self._profile, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            ["bash", "-c", command, "-", str(theirs_in), str(theirs_out), browser_program(), *FLAGS, *root,
             f"--user-data-dir={self._profile}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self._reads, self._writes, self._buffer = reads, writes, b""
        self._numbers = itertools.count(1)
        self.events = []
        target = self.send("Target.createTarget", {"url": "about:blank"}, session=None)["targetId"]
        self._session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True},
                                  session=None)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log", "DOM"):
            self.send(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError, AssertionError):
            self.send("Browser.close", session=None)
        for descriptor in (self._reads, self._writes):
            os.close(descriptor)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    # ---- the protocol

    _session = None

    def send(self, method, parameters=None, session="page"):
        """The answer to a command; events that come before it are kept."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = self._session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def _next(self):
        end = time.monotonic() + DEADLINE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reads], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self._reads, 1 << 20) if ready else b""
            if not chunk:
                raise AssertionError("the browser has ended, or says nothing any more")
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def wait_for(self, method):
        while True:
            for event in self.events:
                if event.get("method") == method:
                    return event["params"]
            self.events.append(self._next())

    # ---- pages

    def open(self, address, width=1280, height=900, scheme="light", media="screen", scripts=True):
        """Loads a page anew, in a window of this size."""
        self.send("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.send("Emulation.setEmulatedMedia",
                  {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.send("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        self.events.clear()
        self.send("Page.navigate", {"url": str(address)})
        self.wait_for("Page.loadEventFired")

    def evaluate(self, expression):
        result = self.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def requests(self):
        """The addresses that the page asked for, itself included, but what is in the page itself."""
        return [event["params"]["request"]["url"] for event in self.events
                if event.get("method") == "Network.requestWillBeSent"
                and not event["params"]["request"]["url"].startswith("data:")]

    def complaints(self):
        """What its console shows."""
        self.evaluate("1")  # what has happened so far has been told
        return [event["params"] for event in self.events if event.get("method") in (
            "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")]

    def press(self, key, code=None):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code or key,
                                                 "windowsVirtualKeyCode": {"Tab": 9, "Enter": 13}[key], **text})

    def accessible(self):
        """[(role, name)] of the page as a screen reader is told it."""
        nodes = self.send("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
                if not node.get("ignored") and "role" in node]

    def screenshot(self, path, whole=True):
        """A picture of the whole page, as far as it is no longer than 16,000 px."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        options = {"format": "png"}
        if whole:
            options.update(captureBeyondViewport=True, clip={
                "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16_000), "scale": 1})
        pathlib.Path(path).write_bytes(base64.b64decode(self.send("Page.captureScreenshot", options)["data"]))

    def print(self, path):
        """The page on A4, as PDF."""
        self.send("Emulation.setEmulatedMedia", {"media": "print"})
        data = self.send("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": False})
        pathlib.Path(path).write_bytes(base64.b64decode(data["data"]))
