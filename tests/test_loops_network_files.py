"""Network files: written exactly, and read with all faults in one error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers_loops import PRINTED, made

from milpcore.faults import InputError
from milpcore.loops import (
    Exchanger,
    Header,
    Link,
    Loop,
    LoopNetwork,
    Pipe,
    network_document,
    network_of,
    read_network,
    write_network,
)


def faults_of(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [str(fault) for fault in error.value.faults]


def refused(document: object) -> list[str]:
    with pytest.raises(InputError) as error:
        network_of(document)
    return faults_of(error)


def test_networks_are_written_exactly(tmp_path: Path) -> None:
    network = LoopNetwork(loops=made(3).network.loops, title="°", tac_per_a=1 / 3)
    write_network(network, tmp_path / "network.json")
    assert read_network(tmp_path / "network.json") == network
    assert read_network(PRINTED).n_units == 15


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "syntax: is not JSON: "),
        ('{"loops": [], "loops": []}', "syntax: is not JSON: key 'loops' stands twice; write"),
        ("3", "network = 3: must be an object; write { ... }"),
    ],
)
def test_files_that_are_no_network(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "network.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_network(path)
    assert message in str(error.value)
    with pytest.raises(InputError, match=r"does not exist; did you mean 'network.json'"):
        read_network(tmp_path / "networks.json")


def document() -> dict[str, Any]:
    loop = Loop(
        flow_kW_per_K=20,
        supply_C=110,
        return_C=60,
        start="a",
        headers=[Header("a", "A", 60), Header("b", "A"), Header("c", "B"), Header("d", "B")],
        exchangers=[Exchanger("A/H", "a", "b", 20, 1000), Exchanger("B/C", "c", "d", 20, 1000)],
        pipes=[Pipe("b", "c", 20), Pipe("d", "a", 20)],
    )
    return json.loads(json.dumps(network_document(LoopNetwork(loops=[loop]))))  # type: ignore[no-any-return]


def test_a_document_names_all_faults() -> None:
    whole = document()
    whole["format"] = "mine"
    whole["tac_per"] = 3
    whole["title"] = 3
    loop = whole["loops"][0]
    del loop["supply_C"], loop["pipes"]
    loop["return_C"] = "60"
    loop["links"] = {}
    loop["headers"][0] = "a"
    loop["headers"][1]["plant"] = " "
    loop["exchangers"][0]["position"] = 1.5
    loop["exchangers"][1]["cost"] = 30
    whole["loops"].append(7)
    assert refused(whole) == [
        "tac_per = 3: unknown key; did you mean 'tac_per_a'?",
        'format = mine: must be \'milpcore loop network 1\'; write "format": "milpcore loop '
        'network 1"',
        "title = 3: must be text; write it in quotes",
        "loop 1: supply_C: is missing; write a number",
        "loop 1: return_C = '60': must be a number; write it without quotes",
        "loop 1, headers 1: entry = 'a': must be an object; write { ... }",
        "loop 1, headers 2: plant = ' ': must be text; write it in quotes",
        "loop 1, exchangers 1: position = 1.5: must be a whole number; count from 1",
        "loop 1, exchangers 2: cost = 30: unknown key; known: stream, position, from, to, "
        "flow_kW_per_K, load_kW",
        "loop 1: links = {}: must be a list; write [ ... ]",
        "loop 1: pipes: is missing; write a list [ ... ]",
        "loop 2: entry = 7: must be an object; write { ... }",
    ]


def test_a_network_names_all_faults_of_form() -> None:
    whole = document()
    loop = whole["loops"][0]
    loop["flow_kW_per_K"] = -20
    loop["supply_C"] = -400
    loop["start"] = "aa"
    loop["headers"].append({"name": "d", "plant": "B", "temperature_C": float("nan")})
    loop["exchangers"][0]["load_kW"] = 0
    loop["exchangers"][0]["to"] = "c"
    loop["exchangers"][1]["position"] = 3
    loop["exchangers"][1]["from"] = "x"
    loop["pipes"][0]["to"] = "a"
    loop["pipes"][1]["flow_kW_per_K"] = 10**9000
    loop["links"] = [{"from": "a", "to": "a", "flow_kW_per_K": 1}]
    assert refused(whole) == [
        "loop 1: flow_kW_per_K = -20: must be positive (kW/K); turn it round, or leave out what "
        "carries nothing",
        "loop 1: supply_C = -400: must be a temperature (°C); check its unit",
        "loop 1: header = d: is not unique; give every header of a loop a name of its own",
        "loop 1, header d: temperature_C = nan: must be a finite number; write a number",
        "loop 1: start = aa: no such header; did you mean 'a'?",
        "loop 1, exchanger A/H (1): load_kW = 0: must be positive (kW); turn it round, or leave "
        "out what carries nothing",
        "loop 1, exchanger A/H (1): plant = A -> B: leads from one plant to another; put a pipe "
        "between them",
        "loop 1, exchanger B/C (3): header = x: no such header; known: a, b, c, d",
        "loop 1, link a -> a: header = a: leads back to itself; name another one",
        "loop 1, pipe b -> a: plant = A: is within one plant; make it a link, which costs nothing",
        "loop 1, pipe d -> a: flow_kW_per_K = a very large number: must be a finite number; write "
        "a number",
        "stream B/C: position = 3: must be 1; number the exchangers of a stream from its supply on",
    ]


def test_a_stated_cost_must_be_a_number() -> None:
    with pytest.raises(InputError, match="tac_per_a = inf: must be a finite number"):
        LoopNetwork(tac_per_a=float("inf"))


def test_positions_count_over_all_loops() -> None:
    first, second = document()["loops"][0], document()["loops"][0]
    whole = document()
    whole["loops"] = [first, second]
    assert len(refused(whole)) == 2
    for exchanger in second["exchangers"]:
        exchanger["position"] = 2
    assert network_of(whole).n_units == 4


def test_links_may_be_left_out() -> None:
    whole = document()
    del whole["loops"][0]["links"]
    assert network_of(whole).loops[0].links == ()
    assert Link("a", "b", 1.0).flow_kW_per_K == 1.0
