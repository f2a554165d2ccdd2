"""A headless Chromium through its driver, by the WebDriver protocol (https://www.w3.org/TR/webdriver2/) and nothing else."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# The key under which WebDriver names an element.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One session; it ends with the `with` that it stands in."""

    def __init__(self, arguments=(), script=True):
        self.profile = tempfile.mkdtemp(prefix="hallmark-browser-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # Caches and sockets go with the profile too.
        environment = dict(os.environ, HOME=self.profile, TMPDIR=self.profile, XDG_RUNTIME_DIR=self.profile)
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={self.port}", "--silent"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment, start_new_session=True)
        self.session = None
        try:
            self.session = self._begin(list(arguments), script)
        except BaseException:
            self.close()
            raise

    def _begin(self, arguments, script):
        # No sandbox: the tests run as root, in a network namespace that reaches nothing.
        words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                 # What scrolls smoothly has moved on when it is to be clicked.
                 "--force-prefers-reduced-motion",
                 f"--user-data-dir={self.profile}/data", *arguments]
        options = {"binary": shutil.which("chromium") or "chromium", "args": words}
        if not script:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
                  "timeouts": {"pageLoad": 90_000, "script": 60_000}}
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline or self.driver.poll() is not None:
                    raise
                time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.session:
            try:
                self._ask("DELETE", f"/session/{self.session}")
            except OSError:
                pass
        try:
            os.killpg(self.driver.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _ask(self, method, path, body=None):
        data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def _do(self, method, path, body=None):
        return self._ask(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self._do("POST", "/url", {"url": url})

    @property
    def url(self):
        return self._do("GET", "/url")

    @property
    def source(self):
        return self._do("GET", "/source")

    def run(self, script, *arguments):
        return self._do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments):
        """Runs a script that ends by calling its last argument."""
        return self._do("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self._do("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self._do("POST", f"/element/{self.find(selector)}/click")

    def write(self, selector, text):
        self._do("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def until(self, ask, wanted, seconds=30):
        """What is the case once it is what is wanted, or when the time is over: a form is on its way when its click returns."""
        deadline = time.monotonic() + seconds
        while (found := ask()) != wanted and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def text(self, selector):
        return self._do("GET", f"/element/{self.find(selector)}/text")

    def press(self, *keys):
        """Keys one after the other, where the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._do("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def devtools(self, command, **parameters):
        return self._do("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height):
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, scheme, kind=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=kind, features=features)

    def picture(self, path):
        """The whole page, not only what fits the window."""
        image = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def complaints(self):
        """What the browser had to say since it was last asked: errors of scripts, what a policy refused, requests that failed."""
        return [entry["message"] for entry in self._do("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]
