"""Whatever limits an app declares, bodies fit them, stay valid, and lose no more than they must."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.conformance.limits import beyond, members, split
from tests.conformance.support import landing, records_of, run_of, with_tokens

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.fitting import Fit
from sbw_conformance.checks.records import Records
from sbw_conformance.strategies import patches_of
from sbw_validator.shape import annotation
from sbw_validator.standard import Resource, load_standard
from sbw_validator.validation import validate

STANDARD = load_standard()
WRITABLE = [r for r in STANDARD.resources.values() if "create" in r.operations]
NOWHERE = with_tokens("http://127.0.0.1:9")
EVERYTHING = ["list", "create", "read", "update", "delete", "upsert"]
ADA: dict[str, Any] = {"name": {"given": "Ada", "family": "Lovelace"}}
FULL = next(
    e.value for e in bodies.valid(STANDARD, STANDARD.resources["contact"]) if e.name == "full"
)

each_resource = pytest.mark.parametrize("resource", WRITABLE, ids=lambda r: r.type)


def offline(kind: str, said: Mapping[str, Any]) -> Records:
    """Records of an app that claims this type alone, so that nothing is ever asked for."""
    href = f"{NOWHERE.base}/{STANDARD.resources[kind].path}"
    page = landing(
        NOWHERE.base,
        resources={kind: {"href": href, "operations": EVERYTHING, **said}},
        conforms_to=[entry.uri for entry in STANDARD.classes.values()],
    )
    run = run_of(NOWHERE, page)
    run.shared["a", kind] = None  # what refers to its own type could be created
    return records_of(run, kind)


def fit(kind: str = "contact", **said: Any) -> Fit:
    """What makes bodies of a type fit what is said of it."""
    return offline(kind, said).fit


def wrong(kind: str, body: Any) -> list[Any]:
    """What the standard has against a body."""
    return validate(body, type=kind, variant="create", standard=STANDARD)


def plain(resource: Resource, value: dict[str, Any]) -> dict[str, Any]:
    """A body without what other records and apps decide."""
    tops = {pointer.split("/")[1] for pointer in resource.refs} | {"custom_fields", "extensions"}
    return {k: v for k, v in value.items() if k not in tops and not k.startswith("native_")}


# Without limits


@each_resource
def test_without_limits_nothing_is_changed(resource: Resource) -> None:
    """Each example without references, custom fields and the like stays as it is written."""
    fitting = fit(resource.type)
    for example in bodies.valid(STANDARD, resource):
        value = plain(resource, example.value)
        if wrong(resource.type, value):
            continue
        got = fitting(value)
        for pointer in resource.unique:
            assert pointers.at(got, pointer) != pointers.at(value, pointer)
            got = pointers.put(got, pointer, pointers.at(value, pointer))
        assert got == value, example.name
        assert fitting.accepts(value)


@each_resource
def test_without_limits_the_registry_is_followed(resource: Resource) -> None:
    """The smallest body and the change are those that the registry names."""
    fitting = fit(resource.type)
    assert fitting.minimal == resource.minimal
    assert resource.change is not None
    assert fitting.change == (resource.change.pointer, resource.change.values)


# One limit at a time


def mails(*addresses: str, **more: Any) -> dict[str, Any]:
    """A contact with e-mail addresses."""
    return {"emails": [{"address": address, **more} for address in addresses]}


TABLE: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "a text that is too long": (
        {"constraints": {"/nickname": {"max_length": 50}}},
        {**ADA, "nickname": "x" * 60},
        {**ADA, "nickname": "x" * 50},
    ),
    "a text that is as long as it may be": (
        {"constraints": {"/nickname": {"max_length": 50}}},
        {**ADA, "nickname": "🦄" * 50},
        {**ADA, "nickname": "🦄" * 50},
    ),
    "a text that would end with a space": (
        {"constraints": {"/nickname": {"max_length": 50}}},
        {**ADA, "nickname": "x" * 49 + " yz"},
        {**ADA, "nickname": "x" * 49},
    ),
    "a text in each element": (
        {"constraints": {"/emails/*/label": {"max_length": 50}}},
        mails("a@example.com", "b@example.com", label="y" * 99),
        mails("a@example.com", "b@example.com", label="y" * 50),
    ),
    "a text in an array of texts": (
        {"constraints": {"/tags/*": {"max_length": 50}}},
        {**ADA, "tags": ["short", "z" * 60]},
        {**ADA, "tags": ["short", "z" * 50]},
    ),
    "an e-mail address that is too long": (
        {"constraints": {"/emails/*/address": {"max_length": 64}}},
        mails("a" * 64 + "@example.com"),
        mails("a" * 52 + "@example.com"),
    ),
    "an e-mail address with a domain that is too long": (
        {"constraints": {"/emails/*/address": {"max_length": 64}}},
        mails("ada@" + "d" * 60 + ".com"),
        mails("ada@example.com"),
    ),
    "too many elements": (
        {"constraints": {"/emails": {"max_items": 1}}},
        mails("a@example.com", "b@example.com"),
        mails("a@example.com"),
    ),
    "too many elements in elements": (
        {"constraints": {"/emails/*/contexts": {"max_items": 1}}},
        mails("a@example.com", contexts=["work", "billing"]),
        mails("a@example.com", contexts=["work"]),
    ),
    "another value than those few": (
        {"constraints": {"/lifecycle_stage": {"enum": ["lead", "customer"]}}},
        {**ADA, "lifecycle_stage": "subscriber"},
        {**ADA, "lifecycle_stage": "lead"},
    ),
    "one of those few values": (
        {"constraints": {"/lifecycle_stage": {"enum": ["lead", "customer"]}}},
        {**ADA, "lifecycle_stage": "customer"},
        {**ADA, "lifecycle_stage": "customer"},
    ),
    "a text that fits a pattern": (
        {"constraints": {"/addresses/*/postal_code": {"pattern": "^[0-9]{4,5}$"}}},
        {**ADA, "addresses": [{"postal_code": "8001", "country": "CH", "lines": ["x"]}]},
        {**ADA, "addresses": [{"postal_code": "8001", "country": "CH", "lines": ["x"]}]},
    ),
    "what is not stored": (
        {"unsupported": ["/nickname"]},
        {**ADA, "nickname": "Zo"},
        ADA,
    ),
    "what is not stored in an object": (
        {"unsupported": ["/name/family"]},
        ADA,
        {"name": {"given": "Ada"}},
    ),
    "what is not stored in elements": (
        {"unsupported": ["/emails/*/label"]},
        mails("a@example.com", label="x"),
        mails("a@example.com"),
    ),
    "all that an object holds": (
        {"unsupported": ["/source/channel", "/source/campaign"]},
        {**ADA, "source": {"channel": "fair", "campaign": "Spring"}},
        ADA,
    ),
    "an array that is not stored": (
        {"unsupported": ["/emails"]},
        {**ADA, **mails("a@example.com")},
        ADA,
    ),
    "an element that is nothing without what is not stored": (
        {"unsupported": ["/phones/*/raw"]},
        {**ADA, "phones": [{"raw": "ask", "label": "x"}, {"number": "+442079460123"}]},
        {**ADA, "phones": [{"number": "+442079460123"}]},
    ),
    "an array of nothing but such elements": (
        {"unsupported": ["/phones/*/raw"]},
        {**ADA, "phones": [{"raw": "ask", "label": "x"}]},
        ADA,
    ),
    "what a rule asks for and is not stored": (
        {"unsupported": ["/phones"]},
        {"phones": [{"raw": "ask"}]},
        None,
    ),
    "what is required": ({"constraints": {"/emails": {"required": True}}}, ADA, None),
    "what is required and empty": (
        {"constraints": {"/emails": {"required": True}}},
        {**ADA, "emails": []},
        None,
    ),
    "what is required in elements": (
        {"constraints": {"/emails/*/label": {"required": True}}},
        mails("a@example.com", "b@example.com"),
        None,
    ),
    "what is required in elements that are not there": (
        {"constraints": {"/emails/*/label": {"required": True}}},
        ADA,
        ADA,
    ),
    "what is required in what is required, said in any order": (
        {
            "constraints": {
                "/addresses/*/coordinates": {"required": True},
                "/addresses": {"required": True, "max_items": 1},
            }
        },
        ADA,
        None,
    ),
    "what is required in an object": (
        {"constraints": {"/name/given": {"required": True}}},
        {"name": {"family": "Lovelace"}},
        None,
    ),
    "what is required in an object that is not there": (
        {"constraints": {"/name/given": {"required": True}}},
        mails("a@example.com"),
        None,
    ),
    "what is required and limited": (
        {
            "constraints": {
                "/name/full": {"required": True, "max_length": 50},
                "/emails": {"required": True, "max_items": 1},
                "/emails/*/address": {"max_length": 64},
                "/emails/*/label": {"required": True, "max_length": 50},
            }
        },
        ADA,
        None,
    ),
    "what is required of one of the few values": (
        {"constraints": {"/lifecycle_stage": {"required": True, "enum": ["opportunity"]}}},
        ADA,
        {**ADA, "lifecycle_stage": "opportunity"},
    ),
    "references to a type that is not claimed": (
        {},
        {**ADA, "organizations": [{"ref": {"type": "organization", "id": "o"}, "primary": True}]},
        ADA,
    ),
    "custom fields without definitions": ({}, {**ADA, "custom_fields": {"size": 42}}, ADA),
    "an extension where no app is known": (
        {},
        {**ADA, "extensions": {"com.example.crm": {"score": 7}}},
        ADA,
    ),
    "native codes": (
        {"native": {"lifecycle_stage": {"mql": "qualified"}}},
        {**ADA, "native_lifecycle_stage": {"code": "stage_7"}},
        ADA,
    ),
}


@pytest.mark.parametrize(("said", "body", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_body_is_made_to_fit(
    said: dict[str, Any], body: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    """It changes where it has to, is valid, within the limits, and fits as it is from then on."""
    assert wrong("contact", body) == []
    before = pointers.copy(body)
    fitting = fit(**said)
    got = fitting(body)
    assert expected is None or got == expected
    assert wrong("contact", got) == []
    assert beyond(got, said) == []
    assert fitting.accepts(got)
    assert fitting(got) == got
    assert body == before
    assert fitting.accepts(body) is (got == body)


# Texts that are unique, and patterns as ECMAScript writes them


@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("/emails/*/address", mails("a" * 64 + "@" + "b" * 60 + ".example")),
        ("/emails/*/address", mails("Ada@example.com", "ada@example.org")),
        ("/name/full", {"name": {"full": "محمد بن سلمان"}}),
        ("/phones/*/number", {"phones": [{"number": "+442079460123"}]}),
        ("/phones/*/raw", {"phones": [{"raw": "ask for Jim, 555 CALL"}]}),
    ],
)
@pytest.mark.parametrize("most", [None, 64])
def test_a_unique_text_is_another_one_each_time(
    pointer: str, body: dict[str, Any], most: int | None
) -> None:
    """No two bodies share it, none of a run and none of another, and each is valid and fits."""
    limit = {"unique": True, **({"max_length": most} if most else {})}
    runs = [fit(constraints={pointer: limit}) for _ in range(3)]
    found = [fitting(body) for fitting in runs for _ in range(30)]
    texts = [pointers.at(one, place) for one in found for place in pointers.places(one, pointer)]
    assert len(texts) == len(set(texts)) == 90 * len(pointers.places(body, pointer))
    assert [one for one in found if wrong("contact", one)] == []
    assert all(len(text) <= (most or 254) for text in texts)
    patch = {name: value for name, value in body.items() if name != "name"}
    for place in pointers.places(patch, pointer):
        assert pointers.at(runs[0].patch(patch), place) not in texts


def test_a_unique_tax_number_stays_one() -> None:
    """A number whose form a rule says gets other digits, not other letters."""
    vat = {"scheme": "vat", "value": "DE123456789", "country": "DE"}
    fitting = fit("organization", constraints={"/identifiers/*/value": {"unique": True}})
    found = [fitting({"name": "Analytical Engines", "identifiers": [vat]}) for _ in range(20)]
    values = {one["identifiers"][0]["value"] for one in found}
    assert len(values) == 20
    assert all(value.startswith("DE") and value[2:].isdecimal() for value in values)
    assert [one for one in found if wrong("organization", one)] == []


PATTERNS_AND_TEXTS = [
    ("^[0-9]{4}$", "8001", "8001"),
    ("^[^<>]*$", "<b>Björk</b> & Söhne", "bBjörk/b & Söhne"),
    ("^[A-Za-z ]+$", "Anne-Marie", "AnneMarie"),
    ("^\\p{Lu}\\p{L}*$", "Zoë", "Zoë"),
    ("^\\p{Lu}{3}$", "Zoë", None),
    ("^(?<year>[0-9]{4})$", "Zoë", None),
    ("^[A-Z]{2}[0-9]{4}$", "Zoë", None),
    ("^($", "Zoë", "Zoë"),
    ("^(([a-z])+.)+[A-Z]$", "a" * 200, None),
]


@pytest.mark.parametrize(("pattern", "text", "expected"), PATTERNS_AND_TEXTS)
def test_a_text_is_made_to_match(pattern: str, text: str, expected: str | None) -> None:
    """A text keeps what the pattern takes of it; what is no pattern takes everything."""
    said = {"constraints": {"/nickname": {"pattern": pattern}}}
    fitting = fit(**said)
    got = fitting({**ADA, "nickname": text})
    assert wrong("contact", got) == []
    assert expected is None or got["nickname"] == expected
    assert pattern in {"^($", "^\\p{Lu}{3}$", "^(?<year>[0-9]{4})$"} or beyond(got, said) == []


# Any limits at once

TIED = {
    "contact": {"/name", "/name/given", "/phones/*/number", "/addresses/*/lines"},
    "organization": {"/name", "/phones/*/number", "/addresses/*/lines"},
}
"""Members that an app has to store here, so that something is left that makes a record."""

BY_RULES = {"price_list", "product", "tax_rate"}
"""Types of which a rule ties members together, so that not all of an example can stay."""

RULED = ("schema", "category", "percent", "components", "exemption_reason")
"""Members whose values a rule ties together, so that some limits leave no record at all."""

PATTERNS = ("^[^<>]*$", "^[A-Za-z0-9 ]+$", "^\\p{L}.*$", "^[0-9A-Z -]{2,10}$", "^.{0,200}$")


def limits_for(pointer: str, bundle: Any, schema: Any) -> dict[str, st.SearchStrategy[Any]]:
    """The limits that an app can set a member, each with the values that it can have."""
    floor = annotation(bundle, schema, "x-floor") or {}
    found: dict[str, st.SearchStrategy] = {}
    for name, keyword in (("max_length", "maxLength"), ("max_items", "maxItems")):
        if name in floor:
            most = annotation(bundle, schema, keyword) or floor[name] * 2
            found[name] = st.integers(floor[name], min(most, floor[name] + 20))
    if values := annotation(bundle, schema, "enum"):
        found["enum"] = st.lists(st.sampled_from(values), min_size=1, unique=True)
    if annotation(bundle, schema, "x-same-value") == "text" and "max_length" in found:
        found["pattern"] = st.sampled_from(PATTERNS)
        found["unique"] = st.just(value=True)
    if pointer.rpartition("/")[2] != "*":
        found["required"] = st.just(value=True)
    return found


@st.composite
def declarations(draw: Any, resource: Resource) -> dict[str, Any]:
    """What an app might say of a resource, as far as a record can be made at all."""
    known = {
        pointer: entry
        for pointer, entry in members(STANDARD, resource).items()
        # Some other record decides of the one, a rule of the other.
        if split(pointer)[0] not in {*RULED, *(split(one)[0] for one in resource.refs)}
    }
    tied = TIED.get(resource.type, set())
    optional = [
        pointer
        for pointer, (bundle, _) in known.items()
        if pointer not in tied
        and pointer.rpartition("/")[2] != "*"
        and not any(
            pointer.rpartition("/")[2] in one.get("required", ())
            for one in bodies.schemas_at(bundle, pointer.rpartition("/")[0])
        )
    ]
    unsupported = draw(st.lists(st.sampled_from(optional), max_size=6, unique=True))
    constraints: dict[str, Any] = {}
    for pointer in draw(st.lists(st.sampled_from(sorted(known)), max_size=8, unique=True)):
        possible = limits_for(pointer, *known[pointer])
        if possible and not any(f"{pointer}/".startswith(f"{one}/") for one in unsupported):
            names = draw(st.lists(st.sampled_from(sorted(possible)), min_size=1, unique=True))
            constraints[pointer] = {name: draw(possible[name]) for name in names}
    return {"unsupported": unsupported, "constraints": constraints}


def many(number: int) -> Any:
    """Settings of a test that draws so many values, the same each time."""
    return settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def tied(resource: Resource, body: Any, name: str, value: Any) -> bool:
    """Whether a rule keeps a member from what an example has, beside what the app takes of it."""
    return wrong(resource.type, {**body, name: value}) != []


@pytest.mark.no_cover
@pytest.mark.parametrize("number", [25, pytest.param(300, marks=pytest.mark.full)])
@each_resource
def test_every_body_fits_whatever_is_declared(resource: Resource, number: int) -> None:
    """Examples, the smallest body, changes and patches are valid and within all limits."""

    @seed(0)
    @many(number)
    @given(declarations(resource), patches_of(STANDARD, resource))
    def fits(said: dict[str, Any], patch: dict[str, Any]) -> None:
        fitting = fit(resource.type, **said)
        limited = {split(p)[0] for p in (*said["unsupported"], *said["constraints"])}
        smallest = fitting.minimal  # stands for an example of which nothing goes together
        for example in bodies.valid(STANDARD, resource):
            got = fitting(example.value)
            assert wrong(resource.type, got) == [], example.name
            assert beyond(got, said) == [], example.name
            for name, value in plain(resource, example.value).items():
                free = name in limited or f"/{name}" in resource.unique
                if not free and resource.type in BY_RULES:
                    free = got == smallest or tied(resource, got, name, value)
                assert free or got.get(name) == value
            merged = bodies.merged(got, fitting.patch(patch))
            if not wrong(resource.type, merged):
                assert beyond(merged, said) == []
        assert wrong(resource.type, smallest) == []
        assert beyond(smallest, said) == []
        for value in fitting.change[1] if fitting.change else ():
            merged = bodies.merged(smallest, pointers.nested(fitting.change[0], value))
            assert wrong(resource.type, merged) == []
            assert beyond(merged, said) == []

    fits()
