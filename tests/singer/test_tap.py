"""The Singer tap for Kustomer, discovering and syncing twice against the real binary, which KUSTODIAN_BINARY names.

Its records are compared with those stored before, by id, value and time."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(__file__).parent
TOKEN = "a-key-for-the-singer-tap-of-forty-letters"
CUSTOMERS = 3000
TEAMS = 130
SHORTCUTS = 120
KOBJECTS = 400
CONVERSATIONS = 200
MESSAGES = 600
NOTES = 160
KEYS = 3
# Fewer than the tap's own 500, so that it turns many pages; more than can share one millisecond.
PAGE_SIZE = 150
# Each stream with the list of what it brings.
PRESENT = {
    "customers": "/customers",
    "kobjects": "/klasses/order",
    "conversations": "/conversations",
    "messages": "/messages",
    "notes": "/notes",
    "users": "/users",
    "teams": "/teams",
    "tags": "/tags",
    "shortcuts": "/shortcuts",
}
# An attribute of the records of a stream, as the tap and as the server name it; `name` for other streams.
NAMES = {
    "kobjects": ("title", "title"),
    "messages": ("external_id", "externalId"),
    "notes": ("body", "body"),
}
# The streams that the tap reads from its bookmark on.
INCREMENTAL = ["customers", "kobjects", "conversations", "messages", "notes"]
# No wait of this test is longer, in seconds.
PATIENCE = 300


class Server:
    """The binary on a database file of its own."""

    def __init__(self, folder):
        self.binary = os.environ["KUSTODIAN_BINARY"]
        self.database = os.environ.get("KUSTODIAN_DATABASE") or f"sqlite:{folder}/kustodian.db"
        options = ["--listen", "127.0.0.1:0", "--database", self.database]
        environment = {**os.environ, "KUSTODIAN_BOOTSTRAP_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            [self.binary, "serve", *options], stdout=subprocess.PIPE, env=environment, text=True
        )
        for line in self.process.stdout:
            if " listening on " in line:
                self.url = line.rsplit(" ", 1)[1].strip()
                return
        raise RuntimeError("the server ended before it was ready")

    def make_key(self, name):
        command = [self.binary, "token", "create", "--database", self.database, "--name", name, "--role", "org.user"]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        connection.request(method, f"/v1{path}", body=None if body is None else json.dumps(body), headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:500]}")
        return json.loads(text)["data"] if text else None

    def call_all(self, calls):
        """All at the same time, so that many share a millisecond."""
        with ThreadPoolExecutor(32) as pool:
            return list(pool.map(lambda call: self.call(*call), calls))

    def everything(self, path):
        found, page = [], 1
        while True:
            some = self.call("GET", f"{path}?page={page}&pageSize=500")
            found += some
            if len(some) < 500:
                return {record["id"]: record for record in found}
            page += 1

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.stdout.close()


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


class Tap:
    """The tap in its folder, with a config and whatever it left behind."""

    def __init__(self, url, folder):
        self.environment = {**os.environ, "KUSTODIAN_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}
        self.folder = Path(folder)
        config = {
            "api_token": TOKEN,
            "start_date": "2020-01-01T00:00:00Z",
            "user_agent": "tap-kustomer <test@acme.example>",
            "page_size_limit": PAGE_SIZE,
        }
        self.config = self.write("config.json", config)

    def write(self, name, value):
        path = self.folder / name
        path.write_text(json.dumps(value))
        return path

    def run(self, *options):
        command = [sys.executable, FOLDER / "tap.py", "--config", self.config, *options]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, timeout=PATIENCE)
        if done.returncode != 0:
            raise RuntimeError(f"the tap ended with {done.returncode}:\n{done.stderr[-4000:]}")
        return done.stdout

    def discover(self):
        catalog = json.loads(self.run("--discover"))
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = True
        self.catalog = self.write("catalog.json", catalog)
        return catalog

    def sync(self, state=None):
        options = ["--catalog", self.catalog]
        if state is not None:
            options += ["--state", self.write("state.json", state)]
        records, last = {}, state
        for line in self.run(*options).splitlines():
            message = json.loads(line)
            if message["type"] == "STATE":
                last = message["value"]
            elif message["type"] == "RECORD":
                records.setdefault(message["stream"], {})[message["record"]["id"]] = message["record"]
        return records, last


class TheTap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = Server(cls.folder.name)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.addClassCleanup(cls.server.stop)
        put = cls.server
        for number in range(KEYS):
            put.make_key(f"key {number}")
        put.call_all(("POST", "/customers", customer(number)) for number in range(CUSTOMERS))
        me = put.call("GET", "/users/current/")["id"]
        put.call_all(("POST", "/teams", {"name": f"team {number}", "members": [me]}) for number in range(TEAMS))
        put.call_all(("POST", "/shortcuts", shortcut(number)) for number in range(SHORTCUTS))

        put.call("POST", "/klasses", {"name": "order", "icon": "shopping"})
        owners = sorted(put.everything("/customers"))
        put.call_all(
            # Every other one belongs to a customer.
            ("POST", "/klasses/order", kobject(number, owners[number] if number % 2 else None))
            for number in range(KOBJECTS)
        )

        conversations = put.call_all(
            ("POST", f"/customers/{owners[number]}/conversations", {"name": f"Conversation {number}"})
            for number in range(CONVERSATIONS)
        )
        talks = [f"/conversations/{conversation['id']}" for conversation in conversations]
        put.call_all(("POST", f"{talks[number % CONVERSATIONS]}/messages", message(number)) for number in range(MESSAGES))
        put.call_all(("POST", f"{talks[number]}/notes", {"body": f"Note {number}"}) for number in range(NOTES))

        cls.tap = Tap(put.url, cls.folder.name)
        cls.catalog = cls.tap.discover()
        cls.put = {stream: put.everything(path) for stream, path in PRESENT.items()}
        cls.brought, cls.state = cls.tap.sync()

        some = sorted(cls.put["customers"])
        cls.changed = some[:150]
        changes = [("PUT", f"/customers/{id}", {"name": "Changed", "custom": {"scoreNum": -1}}) for id in cls.changed]
        changes += [("POST", "/customers", customer(number)) for number in range(CUSTOMERS, CUSTOMERS + 40)]
        put.call_all(changes)
        put.call("PATCH", f"/teams/{min(cls.put['teams'])}", {"name": "Renamed"})
        cls.orders = sorted(cls.put["kobjects"])[:20]
        put.call_all(("PUT", f"/klasses/order/{id}", {"title": "Changed"}) for id in cls.orders)
        cls.done = [conversation["id"] for conversation in conversations[:20]]
        put.call_all(("PATCH", f"/conversations/{id}", {"status": "done"}) for id in cls.done)
        put.call_all(("POST", f"{talks[number]}/messages", message(MESSAGES + number)) for number in range(30, 50))
        cls.noted = sorted(cls.put["notes"])[:10]
        put.call_all(("PATCH", f"/notes/{id}", {"body": "Changed"}) for id in cls.noted)
        cls.put_later = {stream: put.everything(path) for stream, path in PRESENT.items()}
        cls.brought_later, cls.state_later = cls.tap.sync(cls.state)

    def same(self, stream, brought, put):
        self.assertEqual(set(brought), set(put), f"{stream}: other records than were put in")
        for id, record in brought.items():
            attributes = put[id]["attributes"]
            brought_as, put_as = NAMES.get(stream, ("name", "name"))
            self.assertEqual(record[brought_as], attributes[put_as])
            self.assertEqual(moment(record["updated_at"]), moment(attributes["updatedAt"]))
            self.assertEqual(moment(record["created_at"]), moment(attributes["createdAt"]))

    def test_it_discovers_all_its_streams(self):
        self.assertEqual(sorted(stream["stream"] for stream in self.catalog["streams"]), sorted(PRESENT))

    def test_the_first_sync_brings_every_record_with_its_values(self):
        self.assertEqual(len(self.brought["customers"]), CUSTOMERS)
        self.assertEqual(len(self.brought["teams"]), TEAMS)
        self.assertEqual(len(self.brought["shortcuts"]), SHORTCUTS)
        self.assertEqual(len(self.brought["kobjects"]), KOBJECTS)
        self.assertEqual(len(self.brought["conversations"]), CONVERSATIONS)
        self.assertEqual(len(self.brought["messages"]), MESSAGES)
        self.assertEqual(len(self.brought["notes"]), NOTES)
        self.assertEqual(len(self.brought["users"]), KEYS + 1)
        self.assertEqual(len(self.brought["tags"]), 101)
        for stream in PRESENT:
            self.same(stream, self.brought[stream], self.put[stream])
        for id, record in self.brought["customers"].items():
            attributes = self.put["customers"][id]["attributes"]
            self.assertEqual(record["external_id"], attributes["externalId"])
            self.assertEqual([email["email"] for email in record["emails"]], [attributes["emails"][0]["email"]])
            # The tap's own schema makes text of the list.
            self.assertEqual(record["tags"], str(attributes["tags"]))

    def test_kobjects_bring_their_klass_their_customer_and_their_values(self):
        for id, record in self.brought["kobjects"].items():
            put = self.put["kobjects"][id]
            self.assertEqual(record["external_id"], put["attributes"]["externalId"])
            self.assertEqual(record["custom"]["total_price_num"], put["attributes"]["custom"]["totalPriceNum"])
            self.assertEqual(record["klass"]["id"], "order")
            customer = put["relationships"].get("customer")
            self.assertEqual(record.get("customer"), customer and {"type": "customer", "id": customer["data"]["id"]})

    def test_moments_are_both_shared_and_apart(self):
        moments = [record["attributes"]["updatedAt"] for record in self.put["customers"].values()]
        self.assertGreater(len(set(moments)), PAGE_SIZE)

    def test_the_second_sync_brings_what_changed_and_what_is_new(self):
        for stream in INCREMENTAL:
            bookmark = moment(self.state["bookmarks"][stream])
            put = self.put_later[stream].items()
            expected = {id for id, record in put if moment(record["attributes"]["updatedAt"]) >= bookmark}
            self.assertEqual(set(self.brought_later[stream]), expected, stream)
            self.assertLess(len(expected), len(put), stream)
        self.assertTrue(set(self.changed) <= set(self.brought_later["customers"]))
        self.assertTrue(set(self.done) <= set(self.brought_later["conversations"]))
        self.assertTrue(all(self.brought_later["conversations"][id]["status"] == "done" for id in self.done))
        self.assertTrue(all(self.brought_later["notes"][id]["body"] == "Changed" for id in self.noted))
        self.assertTrue(all(self.brought_later["customers"][id]["name"] == "Changed" for id in self.changed))
        self.assertTrue(all(self.brought_later["kobjects"][id]["title"] == "Changed" for id in self.orders))

    def test_both_syncs_together_hold_what_is_there_now(self):
        for stream in PRESENT:
            merged = {**self.brought[stream], **self.brought_later.get(stream, {})}
            self.same(stream, merged, self.put_later[stream])

    def test_the_state_moves_on(self):
        before, after = (moment(state["bookmarks"]["customers"]) for state in (self.state, self.state_later))
        self.assertGreater(after, before)


def customer(number):
    return {
        "name": f"Customer {number}",
        "externalId": f"crm-{number}",
        "emails": [{"email": f"customer{number}@acme.example"}],
        "tags": ["all", f"tag {number % 100}"],
        "custom": {"scoreNum": number, "tierStr": "gold" if number % 3 == 0 else "silver"},
    }


def kobject(number, customer):
    return {
        "title": f"Order {number}",
        "externalId": f"shop-{number}",
        "customer": customer,
        "custom": {"totalPriceNum": number + 0.5},
    }


def message(number):
    return {
        "channel": "email",
        "app": "postmark",
        "direction": "out" if number % 3 == 2 else "in",
        "externalId": f"mail-{number}",
        "preview": f"Message {number} of the depot",
    }


def shortcut(number):
    return {"name": f"shortcut {number}", "draft": {"text": f"Hello {number}"}, "isPrivate": False}


if __name__ == "__main__":
    done = unittest.main(verbosity=2, exit=False).result
    failed = len(done.failures) + len(done.errors)
    print(f"# pass {done.testsRun - failed if done.testsRun else 0}")
    print(f"# fail {failed}")
    sys.exit(1 if failed else 0)
