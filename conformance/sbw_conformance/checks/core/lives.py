"""Programs over single records: many lives at once, each compared with a model."""

from typing import Any

from sbw_conformance.checks import bodies, program
from sbw_conformance.checks.model import Life, Program, Step
from sbw_conformance.checks.records import Records
from sbw_validator.validation import validate
from sbw_validator.values import same


@program(
    "CORE-040",
    "CORE-044",
    "CORE-045",
    "CORE-047",
    "CORE-052",
    "CORE-070",
    "CORE-071",
    "CORE-072",
    "CORE-076",
    needs=["create", "read"],
    shapes=["collection"],
)
def record_life(records: Records, steps: Program) -> None:
    """Whatever is created, changed, read and deleted in whatever order, the model foretells it."""
    lives: list[Life] = []
    for step in steps:
        if step.operation == "create":
            lives.append(_create(records, step.value))
        elif lives:
            life = lives[step.target % len(lives)]
            _gone(records, step, life) if life.deleted else _AT_WORK[step.operation](
                records, step, life
            )
    for life in lives:
        if not life.deleted:
            _read(records, Step("read"), life)


def _create(records: Records, value: Any) -> Life:
    body = records.body(value)
    answer = records.post(body).must_have_status(201, under="CORE-070")
    answer.must_hold(body, under="CORE-040")
    return Life(body, answer.value, [answer.value["meta"]["version"]])


def _read(records: Records, _: Step, life: Life) -> None:
    answer = records.get(life.id).must_have_status(200, under="CORE-071")
    answer.must_show(life.record, under="CORE-071")


def _update(records: Records, step: Step, life: Life) -> None:
    standard, kind = records.trial.run.standard, records.resource.type
    patch = records.fit.patch(step.value)
    wanted = bodies.merged(life.content, patch)
    findings = validate(wanted, type=kind, variant="create", standard=standard)
    answer = records.patch(life.id, patch, if_match=life.version)
    if findings:
        answer.must_be_problem(422, "validation", under="CORE-052")
        _read(records, step, life)
        return
    answer.must_have_status(200, under="CORE-076")
    members = life.content.keys() | wanted.keys()
    answer.must_hold({name: wanted.get(name) for name in members}, under="CORE-047")
    version = answer.value["meta"]["version"]
    if same(life.content, wanted, records.schema):
        answer.verify(version == life.version, life.version, version, under="CORE-045")
    else:
        new = version not in life.versions
        answer.verify(new, "a new version", f"{version} again", under="CORE-044")
    life.content, life.record = wanted, answer.value
    life.versions.append(version)


def _delete(records: Records, _: Step, life: Life) -> None:
    records.delete(life.id, if_match=life.version).must_have_status(204, under="CORE-072")
    life.deleted = True


def _gone(records: Records, step: Step, life: Life) -> None:
    if step.operation == "update":
        answer = records.patch(life.id, step.value, if_match=life.version)
    else:
        answer = records.delete(life.id) if step.operation == "delete" else records.get(life.id)
    answer.must_be_gone(under="CORE-072")


_AT_WORK = {"read": _read, "update": _update, "delete": _delete}
