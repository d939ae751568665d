"""The emulator as a server: start and stop, persistence, concurrency, the command line, the plugin."""

from __future__ import annotations

import asyncio
import os
import pydoc
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.request

import httpx
import pytest

from arize_queues.emulator import Emulator, Fault
from arize_queues.emulator._seeding.demo import ANNOTATORS

COMMAND = [sys.executable, "-m", "arize_queues.emulator"]


def _get(emulator, path):
    headers = {"authorization": f"Bearer {emulator.api_key}"}
    return httpx.get(emulator.url + path, headers=headers, trust_env=False)


def test_the_state_in_a_file_survives_a_restart(tmp_path):
    """Another emulator on the same file has the same queues and goes on with the numbering."""
    path = tmp_path / "queues.sqlite"
    with Emulator(db=path) as emulator:
        space = emulator.add_space("kept")
    assert [item.name for item in tmp_path.iterdir()] == ["queues.sqlite"]
    with Emulator(db=path) as emulator:
        assert [found["id"] for found in _get(emulator, "/v2/spaces").json()["spaces"]] == [space]
        assert emulator.add_space("next") > space


def test_another_programs_database_is_not_touched(tmp_path):
    """A SQLite file of somebody else's, and a file of any other kind, are refused as they are."""
    foreign, text = tmp_path / "foreign.sqlite", tmp_path / "notes.txt"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.commit()
    connection.close()
    text.write_text("no database " * 1000)
    for path in (foreign, text):
        before = path.read_bytes()
        with pytest.raises(ValueError, match="database"):
            Emulator(db=path)
        assert path.read_bytes() == before


def test_a_stopped_emulator_starts_again_at_its_address():
    """An outage: requests fail while it is stopped, and the state is there afterwards."""
    with Emulator() as emulator:
        url = emulator.url
        emulator.add_space("kept")
        emulator.stop()
        with pytest.raises(httpx.ConnectError):
            _get(emulator, "/v2/spaces")
        emulator.start()
        assert emulator.url == url
        assert len(_get(emulator, "/v2/spaces").json()["spaces"]) == 1


@pytest.mark.parametrize("fault", [Fault(delay=60), Fault(trickle=60), Fault(body="html", trickle=60)])
def test_stopping_leaves_no_thread_behind_and_says_nothing(caplog, fault):
    """Neither open connections nor a waiting request nor half an answer hold up the end, or are a failure."""
    before = set(threading.enumerate())
    with Emulator() as emulator, socket.create_connection(emulator.url[7:].split(":")) as idle:
        emulator.faults.add(fault)
        idle.sendall(f"GET /v2/spaces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {emulator.api_key}\r\n\r\n".encode())
        while not emulator.requests:
            pass
        assert not fault.trickle or idle.recv(4) == b"HTTP"
    assert set(threading.enumerate()) == before
    assert caplog.records == []


def test_a_closed_emulator_does_not_start_again():
    """Its state is gone; the error says so, and not the first request."""
    emulator = Emulator()
    emulator.close()
    emulator.close()
    with pytest.raises(RuntimeError, match="closed"):
        emulator.start()


def test_a_file_serves_one_emulator_at_a_time(tmp_path):
    """A second one is refused as soon as it is made, and may have the file once the first is closed."""
    path = tmp_path / "queues.sqlite"
    with Emulator(db=path) as first:
        space = first.add_space("first")
        with pytest.raises(ValueError, match=r"queues\.sqlite is in use"):
            Emulator(db=path)
        done = subprocess.run([*COMMAND, "--db", str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, f"error: {path} is in use by another emulator or program\n")
        assert [found["id"] for found in _get(first, "/v2/spaces").json()["spaces"]] == [space]
    with Emulator(db=path) as second:
        assert second.add_space("second") > space


def test_waiting_requests_do_not_wait_for_each_other():
    """All of eight requests are let in long before the first of them is answered."""

    async def ask(emulator):
        async with httpx.AsyncClient(base_url=emulator.url, trust_env=False) as client, asyncio.timeout(60):
            waiting = [asyncio.ensure_future(client.get("/v2/spaces")) for _ in range(8)]
            while len(emulator.requests) < 8:
                await asyncio.sleep(0)
            for request in waiting:
                request.cancel()
            answers = await asyncio.gather(*waiting, return_exceptions=True)
        return {type(answer) for answer in answers}

    with Emulator(latency=600) as emulator:
        assert asyncio.run(ask(emulator)) == {asyncio.CancelledError}


def test_writes_from_many_threads_are_all_applied():
    """Requests and the Python face may be used at the same time."""
    with Emulator() as emulator:
        space = emulator.add_space("s")
        threads = [
            threading.Thread(target=lambda n=number: [emulator.add_project(space, f"{n}-{i}") for i in range(20)])
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        for _ in range(20):
            assert _get(emulator, "/v2/projects").status_code == 200
        for thread in threads:
            thread.join()
        assert len(_get(emulator, "/v2/projects?limit=100").json()["projects"]) == 80


def test_requests_are_kept_without_the_key(desk):
    """Method, path, query, body, headers and status of what arrived can be looked at."""
    desk.emulator.clear_requests()
    desk.http.get("/v2/spaces", params={"name": "a b"})
    desk.http.post("/v2/annotation-queues", json={"name": "x"})
    first, second = desk.emulator.requests
    assert (first.method, first.path, first.query, first.status) == ("GET", "/v2/spaces", {"name": "a b"}, 200)
    assert (second.body, second.status) == ({"name": "x"}, 400)
    assert "authorization" not in first.headers
    assert desk.emulator.api_key not in repr(first) + str(first.to_dict())


def test_a_request_that_did_not_arrive_whole_is_not_carried_out(desk):
    """Where the client goes away in the middle of its body, nothing is done and nothing is told."""
    queue = desk.create()
    desk.emulator.clear_requests()
    head = f"DELETE /v2/annotation-queues/{queue} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {desk.emulator.api_key}"
    with socket.create_connection(desk.emulator.url[7:].split(":")) as stranger:
        stranger.sendall(f"{head}\r\ncontent-length: 100\r\n\r\nhalf".encode())
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(1) == b""
    assert desk.http.get(f"/v2/annotation-queues/{queue}").status_code == 200
    assert [request.method for request in desk.emulator.requests] == ["GET"]


def test_reset_forgets_everything_and_numbers_anew(desk):
    """After a reset the emulator is as new."""
    desk.create()
    desk.emulator.faults.add(Fault(status=500))
    desk.emulator.reset()
    assert desk.emulator.requests == []
    assert desk.emulator.faults.pending == []
    assert desk.http.get("/v2/spaces").json()["spaces"] == []
    assert desk.emulator.add_space("demo") == desk.space


def test_the_plugin_gives_an_empty_emulator(arize_emulator):
    """The fixture runs an emulator with nothing in it."""
    assert _get(arize_emulator, "/v2/spaces").json()["spaces"] == []


def test_the_plugin_and_the_package_load_without_the_extra():
    """Only what needs the extra fails, and says which extra it is."""
    program = """
import sys
sys.modules["starlette"] = None
import arize_queues.emulator._pytest
try:
    from arize_queues.emulator import Emulator
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'arize-queues[emulator]'" in done.stdout
    assert "in a checkout pip install '.[emulator]'" in done.stdout


def test_the_plugin_does_not_load_the_server_before_it_is_used():
    """A test run without the fixture does not pay for it."""
    program = "import sys, arize_queues.emulator._pytest; print('starlette' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "options",
    [
        {"revision": "2027-01"},
        {"unknown_ids": "ignore"},
        {"latency": -1},
        {"latency": float("nan")},
        {"latency": float("inf")},
        {"latency": "1"},
        {"db": ""},
    ],
    ids=str,
)
def test_options_that_do_not_exist_are_refused(options):
    """The error names the option."""
    with pytest.raises(ValueError, match=next(iter(options))):
        Emulator(**options)


def test_the_command_serves_until_it_is_interrupted(tmp_path):
    """It prints the address and the key, keeps its state in the file, and ends cleanly; seeding is done once."""
    command = [*COMMAND, "--port", "0", "--seed", "--db", str(tmp_path / "q.sqlite"), "--api-key", "k"]
    outputs = []
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            lines = [process.stdout.readline() for _ in range(4)]
            url = lines[1].strip().removeprefix("ARIZE_BASE_URL=")
            assert lines[2].strip() == "ARIZE_API_KEY=k"
            request = urllib.request.Request(url + "/v2/spaces", headers={"authorization": "Bearer k"})
            with urllib.request.urlopen(request) as response:
                outputs.append(response.read())
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    assert outputs[0] == outputs[1]


def test_the_command_seeds_beside_what_is_in_the_file(tmp_path):
    """A file with a space of the same name and one of the annotators in it is seeded, and not taken for seeded."""
    path = tmp_path / "q.sqlite"
    with Emulator(db=path) as emulator:
        emulator.add_user(ANNOTATORS[0], spaces=[emulator.add_space("demo")])
    command = [*COMMAND, "--port", "0", "--seed", "--db", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert '"space"' in lines[4]
    with Emulator(db=path) as emulator:
        assert len(_get(emulator, "/v2/spaces").json()["spaces"]) == 2
        assert emulator.seeded_space() is not None


def test_the_command_says_in_one_line_what_is_wrong(tmp_path):
    """A taken port, an impossible one and somebody else's file are told without a traceback."""
    text = tmp_path / "notes.txt"
    text.write_text("no database " * 1000)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, reason in (
            (["--port", port], f"port {port}"),
            (["--port", "70000"], "port 70000"),
            (["--port", "0", "--db", str(text)], "notes.txt"),
            (["--port", "0", "--db", str(tmp_path / "no" / "folder.sqlite")], "folder.sqlite"),
            (["--port", "0", "--db", ""], "db=''"),
            (["--port", "0", "--latency", "nan"], "latency=nan"),
            (["--port", "0", "--latency", "inf"], "latency=inf"),
        ):
            done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
            assert done.returncode == 1
            assert done.stderr.startswith("error: ")
            assert reason in done.stderr
            assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", "0.0.0.0"), ("", "every address")])
def test_listening_to_other_machines_is_warned_about(host, told):
    """Anything but loopback gets a line on stderr; the URLs are such that can be used, here and elsewhere."""
    command = [*COMMAND, "--port", "0", "--host", host]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        _, here, _, elsewhere = (process.stdout.readline().strip() for _ in range(4))
        url = here.removeprefix("ARIZE_BASE_URL=")
        assert httpx.get(url, trust_env=False).status_code == 401
        os.kill(process.pid, signal.SIGTERM)
        _, errors = process.communicate()
    assert errors == f"warning: {told} can be reached from other machines\n"
    port = url.removeprefix("http://127.0.0.1:")
    assert elsewhere.endswith(f"ARIZE_BASE_URL=http://{socket.gethostname()}:{port}")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_the_command_ends_cleanly_with_a_request_under_way():
    """SIGTERM while somebody waits leaves nothing on stderr."""
    command = [*COMMAND, "--port", "0", "--latency", "600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url = [process.stdout.readline().strip() for _ in range(3)][1].removeprefix("ARIZE_BASE_URL=")
        headers = {"authorization": "Bearer emulator-key"}
        with socket.create_connection(url[7:].split(":")) as waiting:
            waiting.sendall(b"GET /v2/spaces HTTP/1.1\r\nhost: x\r\n\r\n")
            while not httpx.get(f"{url}/_emulator/requests", headers=headers, trust_env=False).json()["requests"]:
                pass
            os.kill(process.pid, signal.SIGTERM)
            _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def test_latency_may_be_set_while_it_runs():
    """The next request has it."""
    with Emulator() as emulator:
        emulator.latency = 600
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{emulator.url}/v2/spaces", timeout=0.2, trust_env=False)
        with pytest.raises(ValueError, match="latency"):
            emulator.latency = float("nan")


def test_the_emulator_tells_what_it_has():
    """Its help names every attribute that is meant for users."""
    told = pydoc.render_doc(Emulator, renderer=pydoc.plaintext)
    with Emulator() as emulator:
        names = [name for name in dir(emulator) if not name.startswith("_")]
    assert {"api_key", "faults", "latency", "revision", "url"} <= set(names)
    assert not [name for name in names if not re.search(rf"^[ |]*(\w+ )*{name}[:(]?", told, re.MULTILINE)]
