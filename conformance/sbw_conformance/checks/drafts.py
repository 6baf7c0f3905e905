"""A resource seen through one client, and the bodies that a check writes to it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.bodies import Example
from sbw_conformance.checks.fitting import Fit
from sbw_conformance.checks.record import Record
from sbw_conformance.checks.run import SUITE_APP
from sbw_conformance.checks.trial import Blocked, CouldNotRun, Failed, Trial
from sbw_validator.once import once
from sbw_validator.standard import Resource

CUSTOM_FIELDS = "custom_field_definition"


class Drafts:
    """A resource through client a1, as far as nothing is sent."""

    role: ClassVar[str] = "a1"

    def __init__(self, trial: Trial, resource: Resource) -> None:
        self.trial = trial
        self.resource = resource

    @property
    def marks(self) -> bool:
        """Whether records of this resource can carry the suite's external id."""
        return "external_ids" in self.schema.get("properties", {})

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of the full record."""
        return self.trial.run.schemas.bundle(self.resource.type)

    @property
    def operations(self) -> frozenset[str]:
        """Operations that the provider declares."""
        return self.trial.run.operations(self.resource)

    @property
    def business(self) -> str:
        """The business of the client: a or b."""
        return self.role[0]

    @property
    def client(self) -> str:
        """The client whose token is as wide as can be: who takes away what this one made."""
        return self.role.partition(".")[0]

    @property
    def app(self) -> str | None:
        """App id of the client, as far as a record that it made has told."""
        return self.trial.run.apps.get(self.role)

    @once
    def fit(self) -> Fit:
        """What makes bodies fit the limits that the app declares."""
        return Fit(self)

    def url(self, record_id: str | None = None) -> str:
        """Address of the resource or of a record."""
        return self.trial.run.address(self.resource, record_id)

    # Examples

    def examples(self) -> list[Example]:
        """The valid examples of the standard, as the app can store them."""
        found = bodies.valid(self.trial.run.standard, self.resource)
        return [Example(example.name, self.fit(example.value)) for example in found]

    def richest(self) -> dict[str, Any]:
        """The example with the most members, as the app can store it."""
        found: dict[str, Any] = self.fit(
            bodies.richest(self.trial.run.standard, self.resource).value
        )
        return found

    def invalid(self) -> list[Example]:
        """The invalid examples that are still invalid where no limit of the app is broken too.

        All checks of a run send the same ones: to fit them again is only done for what is unique.
        """
        run, key = self.trial.run, (self.business, self.resource.type)
        unique = bool(self.resource.unique or list(self.fit.limits.with_("unique")))
        if unique or key not in run.invalid:
            run.invalid[key] = self._invalid()
        return run.invalid[key]

    def _invalid(self) -> list[Example]:
        run, found = self.trial.run, []
        for example in bodies.invalid(run.standard, self.resource):
            value = self.fit.broken(example.value)
            findings = bodies.findings(run.standard, self.resource, value)
            if findings:
                found.append(Example(example.name, value, findings, example.requirement))
        return found

    def valid(self, body: Any) -> bool:
        """Whether the standard allows a body as a create."""
        return bodies.accepted(self.trial.run.standard, self.resource, body)

    # Names

    def external_id(self) -> dict[str, str]:
        """An external id of the suite that no record has yet."""
        self.trial.made += 1
        trial = self.trial
        check = f"{trial.resource.type}.{trial.check}" if trial.resource else trial.check
        return {"app": SUITE_APP, "id": f"{trial.run.id}.{check}.{trial.made}"}

    def mark(self, record: Record) -> Mapping[str, Any]:
        """The suite's external id in a record; that it was kept is a control."""
        given = bodies.external_ids(record.value)
        ours = [entry for entry in given if entry.get("app") == SUITE_APP]
        last = self.trial.exchanges[-1]
        self.trial.control(bool(ours), "CORE-040", "our external id", f"{given}", last)
        return ours[0]

    def own_app(self) -> str:
        """An app id that only this check of this run uses."""
        self.trial.made += 1
        check = self.trial.check.replace(".", "-").replace("_", "-")[:50].strip("-").lower()
        return f"{SUITE_APP}.{self.trial.run.id}.{check}-{self.trial.made}"

    # Bodies

    def body(
        self, members: Mapping[str, Any] | None = None, app: str | None = None
    ) -> dict[str, Any]:
        """The body of a create that fits: these members, the minimal ones where None, marked.

        With `app` it gets an external id of that app too, which stands last.
        """
        return self.marked(self.fit(self.fit.minimal if members is None else members), app)

    def marked(self, members: Any, app: str | None = None) -> dict[str, Any]:
        """Just these members, marked as ours.

        External ids that they have already are made unique by the mark, which stands first; with
        `app` there is one of that app too, which stands last.
        """
        value: dict[str, Any] = pointers.copy(members)
        if self.marks:
            mark = self.external_id()
            others = [
                {**entry, "id": f"{entry['id']} {mark['id']}"}
                if entry.keys() >= {"app", "id"}
                else entry
                for entry in bodies.external_ids(value)
            ]
            extra = [{"app": app, "id": mark["id"]}] if app else []
            value["external_ids"] = [mark, *others, *extra]
        return value

    def record(self, answer: Answer) -> Record:
        """The record that a successful answer shows."""
        return self._record(answer.value)

    def _record(self, value: dict[str, Any]) -> Record:
        change = self.fit.change
        if change is None:
            return Record(value, {}, {})
        pointer, (one, two) = change
        if pointers.at(value, pointer) == one:
            one, two = two, one
        return Record(value, pointers.nested(pointer, one), pointers.nested(pointer, two))

    # Records that bodies refer to

    def referent(self, kind: str, *, needed: bool = False) -> dict[str, Any] | None:
        """A record of another type that this one can refer to; None where there can be none.

        Where it could not be made there is none either, but for a check that cannot do without.
        """
        return self._shared((self.business, kind), kind, None, needed=needed)

    def definition(self, *, needed: bool = False) -> dict[str, Any] | None:
        """A definition of a custom field of this type that takes text; None as above."""
        key = (self.business, CUSTOM_FIELDS, self.resource.type)
        members = {"applies_to": [self.resource.type]}
        return self._shared(key, CUSTOM_FIELDS, members, needed=needed)

    def sibling(self, kind: str) -> Any:
        """Another resource through the same client."""
        return type(self)(self.trial, self.trial.run.standard.resources[kind])

    def _shared(
        self, key: tuple[str, ...], kind: str, members: Mapping[str, Any] | None, *, needed: bool
    ) -> dict[str, Any] | None:
        run = self.trial.run
        resource = run.standard.resources.get(kind)
        if resource is None or "create" not in run.operations(resource):
            return None
        with run.sharing:
            if key not in run.shared:
                run.shared[key] = None  # what it would refer to itself is left out
                try:
                    run.shared[key] = self._made_once(key, kind, members)
                except CouldNotRun:
                    del run.shared[key]
                    raise
        if needed and key in run.unmade:
            raise Blocked(*run.unmade[key])
        return run.shared[key]

    def _made_once(
        self, key: tuple[str, ...], kind: str, members: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """A record that many checks share; None where it fails, which is no fault of this check."""
        there, asserted = self.sibling(kind), len(self.trial.assertions)
        wanted = None if members is None else {**there.fit.minimal, **members}
        sent = there.body(wanted)
        try:
            return {**sent, "id": there.post(sent).value["id"]}
        except (Blocked, Failed):
            lost = self.trial.assertions[-1]
            del self.trial.assertions[asserted:]
            reason = f"{lost.requirement}: expected {lost.expected} of {kind}, got {lost.got}"
            self.trial.run.unmade[key] = (lost.requirement, reason)
            return None
